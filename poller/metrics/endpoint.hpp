// GET /metrics.
#pragma once

#include <string>
#include <vector>

#include "poller/api/endpoint.hpp"
#include "poller/async/coalesced.hpp"
#include "poller/db/pool.hpp"
#include "poller/health/readiness.hpp"
#include "poller/http/server/server.hpp"
#include "poller/metrics/registry.hpp"

namespace poller::metrics {

class MetricsEndpoint {
public:
    // Registry, pool and server outlive it. known_types: of jobs that this program works.
    MetricsEndpoint(Registry &registry, db::Pool &database, const http::Server &server,
                    std::vector<std::string> known_types, Readiness::Limits limits);

    // It outlives the endpoints' use.
    void add_to(api::Endpoints &endpoints);

private:
    [[nodiscard]] awaitable<std::string> collect();

    Registry &registry_;
    db::Pool &database_;
    const http::Server &server_;
    std::vector<std::string> known_types_;
    Readiness::Limits limits_;
    Coalesced<int, std::string> texts_;
};

}  // namespace poller::metrics
