#include "poller/http_interface.hpp"

#include <utility>

#include "poller/api/openapi.hpp"
#include "poller/metrics/round_trips.hpp"
#include "poller/web/page.hpp"

namespace poller {
namespace {

using namespace std::chrono_literals;

db::ConnectOptions options_for(const Settings &settings, const std::string &name, std::chrono::milliseconds patience,
                               metrics::Registry &registry) {
    db::ConnectOptions options;
    options.conninfo = settings.database_url;
    options.application_name = "pipeline-poller " + name;
    options.observe = metrics::round_trip_observer(registry, name);
    options.connect_timeout = patience;
    options.statement_timeout = patience;
    // The server speaks first.
    options.reply_timeout = patience + 2s;
    return options;
}

// Whole documents, each computed when it is asked for. However many people look, no more than two are computed at a
// time, each by one process: the rest of the machine is for those who write.
constexpr int kDocumentsAtOnce = 2;
constexpr auto kPatienceOfPage = 30s;

db::ConnectOptions page_options(const Settings &settings, metrics::Registry &registry) {
    db::ConnectOptions options = options_for(settings, "page", 30s, registry);
    options.parallel = false;
    return options;
}

Authenticator authenticator_for(const Settings &settings) {
    using Mode = Authenticator::Mode;
    const auto mode = [&] {
        switch (settings.webhook_auth) {
            case WebhookAuth::kJwt: return Mode::kJwt;
            case WebhookAuth::kToken: return Mode::kToken;
            case WebhookAuth::kHmac: return Mode::kHmac;
            case WebhookAuth::kNone: return Mode::kNone;
            case WebhookAuth::kUnset: break;
        }
        // Not reached, since the program does not start so; if it were, nobody would come in.
        return Mode::kJwt;
    };
    return Authenticator(
        {mode(), settings.webhook_secrets, {settings.monday_webhook_url, settings.webhook_jwt_leeway}});
}

bool explains(const Settings &settings) {
    return !settings.gemini_api_key.empty() || !settings.openai_api_key.empty() || !settings.anthropic_api_key.empty();
}

}  // namespace

HttpInterface::HttpInterface(const asio::any_io_executor &executor, const Settings &settings, Surroundings around)
    : intake_database_(options_for(settings, "webhooks", 5s, around.registry), {2, 2s}),
      reports_database_(options_for(settings, "reports", 30s, around.registry), {settings.database_connections, 5s}),
      page_database_(page_options(settings, around.registry), {kDocumentsAtOnce, kPatienceOfPage}),
      health_database_(options_for(settings, "health", 3s, around.registry), {2, 3s}),
      unknown_senders_({}),
      unknown_readers_({}),
      intake_(executor, intake_database_, {}, around.registry, std::move(around.notify_workers)),
      refusals_(executor, health_database_),
      webhooks_(authenticator_for(settings), intake_, unknown_senders_, refusals_, around.registry),
      access_(reports_database_, unknown_readers_, settings.http_behind_proxy),
      endpoints_(around.router, access_, settings.cors_origins),
      forecast_pipeline_(reports_database_),
      forecast_snapshot_(reports_database_),
      page_documents_(page_database_, {settings.ready_queue_lag, settings.ready_board_age}),
      analysis_run_(reports_database_),
      readiness_(health_database_, {settings.ready_queue_lag, settings.ready_board_age}),
      metrics_(around.registry, health_database_, around.server, std::move(around.job_types),
               {settings.ready_queue_lag, settings.ready_board_age}) {
    analysis_run_.set_explains(explains(settings));
    webhooks_.add_routes(around.router);
    forecast_pipeline_.add_to(endpoints_);
    forecast_snapshot_.add_to(endpoints_);
    page_documents_.add_to(endpoints_);
    analysis_run_.add_to(endpoints_);
    api::add_openapi_to(endpoints_);
    web::add_page_to(endpoints_);
    readiness_.add_to(endpoints_);
    metrics_.add_to(endpoints_);
}

void HttpInterface::reload(const Settings &settings) {
    webhooks_.replace(authenticator_for(settings));
    analysis_run_.set_explains(explains(settings));
}

}  // namespace poller
