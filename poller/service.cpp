#include "poller/service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>

#include "poller/async/sleep.hpp"
#include "poller/config/database_settings.hpp"
#include "poller/descriptors.hpp"
#include "poller/errors.hpp"
#include "poller/jobs/sweeper.hpp"
#include "poller/log/log.hpp"
#include "poller/metrics/round_trips.hpp"
#include "poller/process_name.hpp"

namespace poller {
namespace {

constexpr int kOneThread = 1;
constexpr std::chrono::seconds kSecond{1};
// Logs, event loop, connections being refused, to the queue, health and other services.
constexpr std::size_t kOtherDescriptors = 384;
constexpr int kQueueConnections = 2;  // leases are renewed while results are stored
constexpr std::chrono::milliseconds kShortestLimit{2000};
constexpr std::chrono::milliseconds kLongestLimit{10000};

[[nodiscard]] db::ConnectOptions connect_options(const Settings &settings, const std::string &purpose,
                                                 metrics::Registry &registry) {
    db::ConnectOptions options;
    options.conninfo = settings.database_url;
    options.application_name = "pipeline-poller " + purpose;
    options.observe = metrics::round_trip_observer(registry, purpose);
    return options;
}

// What keeps leases alive must not hang for long, and a loaded server still gets its time.
[[nodiscard]] db::ConnectOptions queue_options(const Settings &settings, metrics::Registry &registry) {
    db::ConnectOptions options = connect_options(settings, "queue", registry);
    const auto limit = std::clamp(std::chrono::milliseconds(settings.lease) / 6, kShortestLimit, kLongestLimit);
    options.connect_timeout = limit;
    options.statement_timeout = limit;
    options.reply_timeout = limit + limit / 2;
    return options;
}

// An analysis or a refresh of everything takes its time.
[[nodiscard]] db::ConnectOptions jobs_options(const Settings &settings, metrics::Registry &registry) {
    db::ConnectOptions options = connect_options(settings, "jobs", registry);
    options.statement_timeout = std::chrono::hours(2);
    options.reply_timeout = options.statement_timeout + std::chrono::minutes(1);
    return options;
}

[[nodiscard]] std::vector<std::string> known_job_types() {
    std::vector<std::string> names;
    for (const jobs::JobType &type : jobs::job_types()) {
        names.emplace_back(type.name);
    }
    return names;
}

// As many connections as are configured, if the system lets the process have them beside those to the database.
[[nodiscard]] http::ServerLimits server_limits(const Settings &settings) {
    http::ServerLimits limits;
    const std::size_t others = kOtherDescriptors + 2 * static_cast<std::size_t>(settings.database_connections);
    const auto wanted = static_cast<std::size_t>(settings.http_connections);
    const std::size_t allowed = raise_descriptor_limit(wanted + others);
    limits.connections = std::min(wanted, allowed > others ? allowed - others : 1);
    if (limits.connections < wanted) {
        log::warning("fewer connections are served than POLLER_HTTP_CONNECTIONS, for want of file descriptors",
                     {{"wanted", wanted},
                      {"served", limits.connections},
                      {"limit", allowed},
                      {"hint", "LimitNOFILE= of systemd, or ulimit -Hn, raises the limit"}});
    }
    limits.behind_proxy = settings.http_behind_proxy;
    return limits;
}

}  // namespace

Service::Service(Configuration configuration, std::function<Environment()> read_environment)
    : configuration_(std::move(configuration)),
      read_environment_(std::move(read_environment)),
      context_(kOneThread),
      signals_(context_, SIGTERM, SIGINT, SIGHUP),
      exchanges_(metrics_),
      job_runs_(metrics_),
      queue_database_(queue_options(configuration_.settings, metrics_), {kQueueConnections, std::chrono::seconds(5)}),
      jobs_database_(jobs_options(configuration_.settings, metrics_),
                     {configuration_.settings.database_connections, std::chrono::minutes(10)}),
      http_client_(context_.get_executor()),
      queue_(queue_database_, process_name(), configuration_.settings.lease),
      worker_(context_.get_executor(), queue_, {jobs_database_, http_client_, configuration_.settings},
              [this](const jobs::Run &run) { job_runs_.observe(run); }),
      notifier_(context_.get_executor(), queue_database_),
      listener_(connect_options(configuration_.settings, "listener", metrics_), "pipeline_jobs",
                [this] { worker_.wake(); }),
      server_(context_.get_executor(), router_, server_limits(configuration_.settings),
              [this](const http::Exchange &exchange) { exchanges_.observe(exchange); }),
      interface_(context_.get_executor(), configuration_.settings,
                 {router_, server_, metrics_, [this] { notifier_.notify(); }, known_job_types()}),
      end_of_tasks_(context_) {
    add_routes();
}

void Service::add_routes() {
    router_.add(http::Verb::get, "/healthz", [](http::Request &) -> awaitable<http::Response> {
        const nlohmann::json body = {{"status", "ok"}, {"version", PIPELINE_FORECAST_VERSION}};
        co_return http::Response::json(200, body.dump());
    });
}

void Service::run() {
    std::signal(SIGPIPE, SIG_IGN);  // a client that left is an error of the write
    const Settings &settings = configuration_.settings;
    server_.listen(settings.http_address, settings.http_port);
    log::info("listening",
              {{"address", settings.http_address}, {"port", server_.port()}, {"version", PIPELINE_FORECAST_VERSION}});
    const asio::any_io_executor executor = context_.get_executor();
    spawn(executor, server_.run());
    spawn(executor, listener_.run());
    spawn(executor, jobs::sweep_webhook_events(queue_database_, stop_.get_token()));
    spawn(executor, meet_database());
    spawn(executor, follow_signals());
    worker_.start();
    context_.run();
    log::info("stopped");
}

// Once it can be reached: says which it is, and passes on the settings that it keeps.
awaitable<void> Service::meet_database() {
    while (!stop_.stop_requested()) {
        try {
            const db::Result answer = co_await queue_database_.query(
                "SELECT current_database(), current_setting('server_version'), extversion, current_user"
                " FROM pg_extension WHERE extname = 'pipeline_forecast'");
            log::info("database connected", {{"database", answer[0][0].text()},
                                             {"server", answer[0][1].text()},
                                             {"extension", answer[0][2].text()},
                                             {"user", answer[0][3].text()}});
            const db::Result version = co_await queue_database_.query("SELECT state, detail FROM check_version()");
            if (version[0]["state"].text() != "ok") {
                log::warning("versions differ", {{"detail", version[0]["detail"].text()}});
            }
            break;
        } catch (const Error &) {
            // The pool has logged it, once.
        }
        co_await sleep_for(kSecond, stop_.get_token());
    }
    co_await pass_on_settings();
}

awaitable<void> Service::pass_on_settings() {
    while (!stop_.stop_requested()) {
        try {
            co_await apply_database_settings(jobs_database_, configuration_.settings);
            co_return;
        } catch (const TransientError &) {
            // The database is away again.
        }
        co_await sleep_for(kSecond, stop_.get_token());
    }
}

awaitable<void> Service::follow_signals() {
    while (true) {
        const int signal = co_await signals_.async_wait(use_awaitable);
        if (signal != SIGHUP) {
            log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
            break;
        }
        reload();
    }
    signals_.remove(SIGHUP);
    std::signal(SIGHUP, SIG_IGN);
    // A second signal to stop ends the process at once.
    signals_.async_wait([](const error_code &error, int) {
        if (!error) {
            std::_Exit(1);
        }
    });
    co_await shut_down();
}

awaitable<void> Service::shut_down() {
    stop_.request_stop();
    const auto end = std::chrono::steady_clock::now() + configuration_.settings.shutdown_grace;
    listener_.stop();
    server_.close();
    co_await worker_.stop(end - std::chrono::steady_clock::now());
    co_await server_.stop(end - std::chrono::steady_clock::now());
    context_.stop();
}

void Service::reload() {
    try {
        Reloaded reloaded = reload_configuration(configuration_, read_environment_());
        Configuration &next = reloaded.configuration;
        next.settings.webhook_auth = configuration_.settings.webhook_auth;  // may come from the command line
        require_webhook_authentication(next.settings);
        jobs::require_known_job_types(next.settings);
        // The last one that may throw; from here on everything is taken over.
        interface_.reload(next.settings);
        configuration_ = std::move(next);
        log::set_level(configuration_.settings.log_level);
        worker_.set_concurrency(configuration_.settings.job_concurrency);
        spawn(context_.get_executor(), pass_on_settings());
        for (const std::string &warning : configuration_.warnings) {
            log::warning("configuration", {{"warning", warning}});
        }
        log::info("configuration read again", {{"changed", fmt::format("{}", fmt::join(reloaded.changed, ","))}});
        if (!reloaded.need_restart.empty()) {
            log::warning("configuration needs a restart",
                         {{"settings", fmt::format("{}", fmt::join(reloaded.need_restart, ","))}});
        }
    } catch (const std::exception &error) {
        log::error("configuration not read again; the former one stays", {{"error", error.what()}});
    }
}

}  // namespace poller
