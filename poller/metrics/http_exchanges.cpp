#include "poller/metrics/http_exchanges.hpp"

#include <algorithm>
#include <chrono>

namespace poller::metrics {
namespace {

// Strangers choose methods as they like.
std::string_view known_method(std::string_view method) {
    constexpr std::string_view kKnown[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    const auto *found = std::find(std::begin(kKnown), std::end(kKnown), method);
    return found == std::end(kKnown) ? "other" : *found;
}

}  // namespace

void HttpExchanges::observe(const http::Exchange &exchange) {
    const std::string_view method = known_method(exchange.method);
    auto [entry, fresh] = series_.try_emplace({method, exchange.route, exchange.status});
    if (fresh) {
        const std::string route = exchange.route.empty() ? "none" : std::string(exchange.route);
        entry->second.requests = &registry_.counter(
            "pipeline_http_requests_total", "Requests, by what was asked and answered.",
            {{"method", std::string(method)}, {"route", route}, {"status", std::to_string(exchange.status)}});
        entry->second.seconds = &registry_.histogram("pipeline_http_request_seconds",
                                                     "Time from the end of a request to the end of its answer.",
                                                     seconds_bounds(), {{"route", route}});
    }
    entry->second.requests->add();
    entry->second.seconds->observe(std::chrono::duration<double>(exchange.duration).count());
}

}  // namespace poller::metrics
