// The running program: everything that serves and works, on one io_context, from start to an orderly end.
#pragma once

#include <boost/asio/signal_set.hpp>

#include <functional>
#include <stop_token>

#include "poller/asio.hpp"
#include "poller/async/event_loop.hpp"
#include "poller/config/configuration.hpp"
#include "poller/db/listener.hpp"
#include "poller/db/pool.hpp"
#include "poller/http/client/client.hpp"
#include "poller/http/server/router.hpp"
#include "poller/http/server/server.hpp"
#include "poller/http_interface.hpp"
#include "poller/jobs/notifier.hpp"
#include "poller/jobs/queue.hpp"
#include "poller/jobs/worker.hpp"
#include "poller/metrics/http_exchanges.hpp"
#include "poller/metrics/job_runs.hpp"
#include "poller/metrics/registry.hpp"

namespace poller {

class Service {
public:
    // read_environment is called again at each SIGHUP.
    Service(Configuration configuration, std::function<Environment()> read_environment);

    // Returns after SIGTERM or SIGINT. ConfigError if the address cannot be had.
    void run();

private:
    void add_routes();
    awaitable<void> meet_database();
    awaitable<void> pass_on_settings();
    awaitable<void> follow_signals();
    awaitable<void> shut_down();
    void reload();

    Configuration configuration_;
    std::function<Environment()> read_environment_;
    EventLoop context_;
    asio::signal_set signals_;
    std::stop_source stop_;
    metrics::Registry metrics_;
    metrics::HttpExchanges exchanges_;
    metrics::JobRuns job_runs_;
    db::Pool queue_database_;  // short statements: claims, leases, results
    db::Pool jobs_database_;   // the work itself, which may take long
    http::Client http_client_;
    jobs::Queue queue_;
    jobs::Worker worker_;
    jobs::Notifier notifier_;
    db::Listener listener_;
    http::Router router_;
    http::Server server_;
    HttpInterface interface_;
    EventLoop::EndOfTasks end_of_tasks_;
};

}  // namespace poller
