// Counts and times the requests that the server answered.
#pragma once

#include <map>
#include <tuple>

#include "poller/http/server/server.hpp"
#include "poller/metrics/registry.hpp"

namespace poller::metrics {

class HttpExchanges {
public:
    explicit HttpExchanges(Registry &registry) : registry_(registry) {}

    void observe(const http::Exchange &exchange);

private:
    struct Series {
        Counter *requests;
        Histogram *seconds;
    };

    Registry &registry_;
    // By method, route and status: the texts of the server, which live as long as it.
    std::map<std::tuple<std::string_view, std::string_view, int>, Series> series_;
};

}  // namespace poller::metrics
