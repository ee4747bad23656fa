#include "poller/metrics/endpoint.hpp"

#include <utility>

#include "poller/metrics/check_state.hpp"
#include "poller/metrics/process.hpp"
#include "poller/metrics/queue_state.hpp"

namespace poller::metrics {

MetricsEndpoint::MetricsEndpoint(Registry &registry, db::Pool &database, const http::Server &server,
                                 std::vector<std::string> known_types, Readiness::Limits limits)
    : registry_(registry),
      database_(database),
      server_(server),
      known_types_(std::move(known_types)),
      limits_(limits),
      texts_([this](const int &) { return collect(); }) {
    registry_
        .gauge("pipeline_build_info", "1, with the version of the program.", {{"version", PIPELINE_FORECAST_VERSION}})
        .set(1);
}

void MetricsEndpoint::add_to(api::Endpoints &endpoints) {
    endpoints.add(
        {http::Verb::get, "/metrics", api::Scope::kRead, [this](http::Request &) -> awaitable<http::Response> {
             http::Response response;
             response.body = co_await texts_.get(0);
             response.headers.emplace_back("Content-Type", Registry::kContentType);
             response.headers.emplace_back("Cache-Control", "no-store");
             co_return response;
         }});
}

awaitable<std::string> MetricsEndpoint::collect() {
    update_process_metrics(registry_);
    co_await update_queue_metrics(registry_, database_, known_types_);
    co_await update_check_metrics(registry_, database_, limits_);
    const http::Server::Counts counts = server_.counts();
    registry_.gauge("pipeline_http_open_connections", "Open connections of clients.")
        .set(static_cast<double>(counts.open));
    registry_.counter("pipeline_http_accepted_connections_total", "Connections accepted.")
        .raise_to(static_cast<double>(counts.accepted));
    registry_.counter("pipeline_http_refused_connections_total", "Connections refused, since there were too many.")
        .raise_to(static_cast<double>(counts.refused));
    co_return registry_.exposition();
}

}  // namespace poller::metrics
