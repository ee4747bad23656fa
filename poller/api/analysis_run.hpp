// POST /analysis/{project_id}/run: analyses a project now.
#pragma once

#include "poller/api/endpoint.hpp"
#include "poller/db/pool.hpp"

namespace poller::api {

class AnalysisRun {
public:
    // explains: whether a language model is configured. The pool outlives it.
    AnalysisRun(db::Pool &database, bool explains) : database_(database), explains_(explains) {}

    // It outlives the endpoints' use.
    void add_to(Endpoints &endpoints);

private:
    [[nodiscard]] awaitable<http::Response> answer(http::Request &request);

    db::Pool &database_;
    bool explains_;
};

}  // namespace poller::api
