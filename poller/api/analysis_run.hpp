// POST /analysis/{project_id}/run: analyses a project now.
#pragma once

#include "poller/api/endpoint.hpp"
#include "poller/db/pool.hpp"

namespace poller::api {

class AnalysisRun {
public:
    // The pool outlives it.
    explicit AnalysisRun(db::Pool &database) : database_(database) {}

    // Whether a language model is configured, so that explanations can be asked for.
    void set_explains(bool explains) { explains_ = explains; }

    // It outlives the endpoints' use.
    void add_to(Endpoints &endpoints);

private:
    [[nodiscard]] awaitable<http::Response> answer(http::Request &request);

    db::Pool &database_;
    bool explains_ = false;
};

}  // namespace poller::api
