#include "poller/cli/outside.hpp"

#include <exception>

namespace poller::cli {

int with_services(const Context &context, std::function<awaitable<int>(jobs::Services)> work) {
    const Configuration configuration = context.configuration();
    asio::io_context io;
    db::ConnectOptions options;
    options.conninfo = configuration.settings.database_url;
    options.statement_timeout = std::chrono::minutes{10};
    options.reply_timeout = std::chrono::minutes{11};
    db::Pool database(std::move(options), {});
    http::Client http(io.get_executor());
    int status = 1;
    std::exception_ptr failure;
    const auto run = [&]() -> awaitable<void> {
        status = co_await work(jobs::Services{database, http, configuration.settings});
    };
    asio::co_spawn(io, run(), [&](std::exception_ptr thrown) {
        failure = std::move(thrown);
        // Kept connections would keep the loop from ending.
        io.stop();
    });
    io.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return status;
}

}  // namespace poller::cli
