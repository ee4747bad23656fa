#include "poller/service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <csignal>

#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller {
namespace {

constexpr int kOneThread = 1;

[[nodiscard]] db::ConnectOptions connect_options(const Settings &settings, std::string application_name) {
    db::ConnectOptions options;
    options.conninfo = settings.database_url;
    options.application_name = std::move(application_name);
    return options;
}

[[nodiscard]] db::ConnectOptions jobs_options(const Settings &settings) {
    db::ConnectOptions options = connect_options(settings, "pipeline-poller jobs");
    options.statement_timeout = std::chrono::hours(2);  // an analysis or a refresh of everything
    options.reply_timeout = options.statement_timeout + std::chrono::minutes(1);
    return options;
}

[[nodiscard]] http::ServerLimits server_limits(const Settings &settings) {
    http::ServerLimits limits;
    limits.connections = static_cast<std::size_t>(settings.http_connections);
    limits.behind_proxy = settings.http_behind_proxy;
    return limits;
}

}  // namespace

Service::Service(Configuration configuration, std::function<Environment()> read_environment)
    : configuration_(std::move(configuration)),
      read_environment_(std::move(read_environment)),
      context_(kOneThread),
      signals_(context_, SIGTERM, SIGINT, SIGHUP),
      jobs_database_(jobs_options(configuration_.settings),
                     {configuration_.settings.database_connections, std::chrono::seconds(30)}),
      server_(context_.get_executor(), router_, server_limits(configuration_.settings)) {
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
    spawn(context_.get_executor(), server_.run());
    spawn(context_.get_executor(), greet_database());
    spawn(context_.get_executor(), follow_signals());
    context_.run();
    log::info("stopped");
}

awaitable<void> Service::greet_database() {
    while (true) {
        try {
            const db::Result answer = co_await jobs_database_.query(
                "SELECT current_database(), current_setting('server_version'), extversion, current_user"
                " FROM pg_extension WHERE extname = 'pipeline_forecast'");
            log::info("database connected", {{"database", answer[0][0].text()},
                                             {"server", answer[0][1].text()},
                                             {"extension", answer[0][2].text()},
                                             {"user", answer[0][3].text()}});
            co_return;
        } catch (const Error &) {
            // The pool has logged it, once.
        }
        co_await sleep_for(std::chrono::seconds(1));
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
    // A second signal ends the process at once.
    signals_.async_wait([](const error_code &error, int) {
        if (!error) {
            std::_Exit(1);
        }
    });
    co_await shut_down();
}

awaitable<void> Service::shut_down() {
    co_await server_.stop(configuration_.settings.shutdown_grace);
    context_.stop();
}

void Service::reload() {
    try {
        Reloaded reloaded = reload_configuration(configuration_, read_environment_());
        const WebhookAuth auth = configuration_.settings.webhook_auth;  // may come from the command line
        configuration_ = std::move(reloaded.configuration);
        configuration_.settings.webhook_auth = auth;
        log::set_level(configuration_.settings.log_level);
        for (const std::string &warning : configuration_.warnings) {
            log::warning("configuration", {{"warning", warning}});
        }
        log::info("configuration read again", {{"changed", fmt::format("{}", fmt::join(reloaded.changed, ","))}});
        if (!reloaded.need_restart.empty()) {
            log::warning("configuration needs a restart",
                         {{"settings", fmt::format("{}", fmt::join(reloaded.need_restart, ","))}});
        }
    } catch (const ConfigError &error) {
        log::error("configuration not read again; the former one stays", {{"error", error.what()}});
    }
}

}  // namespace poller
