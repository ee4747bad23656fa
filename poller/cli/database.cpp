#include "poller/cli/database.hpp"

#include <exception>

#include "poller/async/event_loop.hpp"

namespace poller::cli {

int with_database(const Context &context, std::function<awaitable<int>(db::Connection &)> work) {
    const Configuration configuration = context.configuration();
    EventLoop io;
    int status = 1;
    std::exception_ptr failure;
    const auto run = [&]() -> awaitable<void> {
        db::ConnectOptions options;
        options.conninfo = configuration.settings.database_url;
        options.statement_timeout = {};
        options.reply_timeout = {};
        const auto connection = co_await db::Connection::open(std::move(options));
        status = co_await work(*connection);
    };
    asio::co_spawn(io, run(), [&](std::exception_ptr thrown) { failure = std::move(thrown); });
    const EventLoop::EndOfTasks end_of_tasks(io);
    io.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return status;
}

}  // namespace poller::cli
