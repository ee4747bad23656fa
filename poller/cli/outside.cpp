#include "poller/cli/outside.hpp"

#include "poller/async/event_loop.hpp"

namespace poller::cli {

int with_services(const Context &context, const std::function<awaitable<int>(jobs::Services)> &work) {
    const Configuration configuration = context.configuration();
    EventLoop loop;
    db::ConnectOptions options;
    options.conninfo = configuration.settings.database_url;
    options.statement_timeout = std::chrono::minutes{10};
    options.reply_timeout = std::chrono::minutes{11};
    db::Pool database(std::move(options), {});
    http::Client http(loop.get_executor());
    return loop.run_to_end(work(jobs::Services{database, http, configuration.settings}));
}

}  // namespace poller::cli
