#include "poller/cli/database.hpp"

#include "poller/async/event_loop.hpp"

namespace poller::cli {

int with_database(const Context &context, std::function<awaitable<int>(db::Connection &)> work) {
    const Configuration configuration = context.configuration();
    EventLoop loop;
    const auto run = [&]() -> awaitable<int> {
        db::ConnectOptions options;
        options.conninfo = configuration.settings.database_url;
        options.statement_timeout = {};
        options.reply_timeout = {};
        const auto connection = co_await db::Connection::open(std::move(options));
        co_return co_await work(*connection);
    };
    return loop.run_to_end(run());
}

}  // namespace poller::cli
