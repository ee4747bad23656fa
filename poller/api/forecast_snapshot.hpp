// GET /forecast/snapshot: the rows of a stored forecast, page by page, sent while they are read.
#pragma once

#include "poller/api/endpoint.hpp"
#include "poller/db/pool.hpp"

namespace poller::api {

class ForecastSnapshot {
public:
    // The pool outlives it.
    explicit ForecastSnapshot(db::Pool &database) : database_(database) {}

    // It outlives the endpoints' use.
    void add_to(Endpoints &endpoints);

private:
    [[nodiscard]] awaitable<http::Response> answer(http::Request &request);

    db::Pool &database_;
};

}  // namespace poller::api
