// Everything that is asked over HTTP: webhooks, reports, the page, health, metrics. Each has connections to the
// database of its own, so that none can take them all: a slow reader of reports never delays a webhook, and people who
// look at the page leave the processors to those who write.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "poller/api/access.hpp"
#include "poller/api/analysis_run.hpp"
#include "poller/api/endpoint.hpp"
#include "poller/api/forecast_pipeline.hpp"
#include "poller/api/forecast_snapshot.hpp"
#include "poller/api/page_documents.hpp"
#include "poller/asio.hpp"
#include "poller/config/settings.hpp"
#include "poller/db/pool.hpp"
#include "poller/health/readiness.hpp"
#include "poller/http/rate_limiter.hpp"
#include "poller/http/server/router.hpp"
#include "poller/http/server/server.hpp"
#include "poller/metrics/endpoint.hpp"
#include "poller/metrics/registry.hpp"
#include "poller/webhooks/endpoint.hpp"
#include "poller/webhooks/intake.hpp"

namespace poller {

class HttpInterface {
public:
    // What is there of the program beside it; all of it outlives the interface.
    struct Surroundings {
        http::Router &router;
        const http::Server &server;
        metrics::Registry &registry;
        std::function<void()> notify_workers;
        std::vector<std::string> job_types;
    };

    HttpInterface(const asio::any_io_executor &executor, const Settings &settings, Surroundings surroundings);
    HttpInterface(const HttpInterface &) = delete;
    HttpInterface &operator=(const HttpInterface &) = delete;

    // Takes over what may change while the program runs.
    void reload(const Settings &settings);

private:
    db::Pool intake_database_;
    db::Pool reports_database_;
    db::Pool page_database_;
    db::Pool health_database_;
    http::RateLimiter unknown_senders_;  // of webhooks
    http::RateLimiter unknown_readers_;  // of reports: whoever asks for these takes nothing from those

    WebhookIntake intake_;
    RefusalCounts refusals_;
    WebhookEndpoint webhooks_;

    api::Access access_;
    api::Endpoints endpoints_;
    api::ForecastPipeline forecast_pipeline_;
    api::ForecastSnapshot forecast_snapshot_;
    api::PageDocuments page_documents_;
    api::AnalysisRun analysis_run_;
    Readiness readiness_;
    metrics::MetricsEndpoint metrics_;
};

}  // namespace poller
