// GET /readyz: whether requests should come here. The database judges; that it can be asked is the first condition.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "poller/api/endpoint.hpp"
#include "poller/async/coalesced.hpp"
#include "poller/db/pool.hpp"

namespace poller {

class Readiness {
public:
    struct Limits {
        std::chrono::seconds queue_lag;
        std::chrono::seconds board_age;
    };

    // The pool outlives it. Its connections should give up soon: no answer is an answer.
    Readiness(db::Pool &database, Limits limits);

    // It outlives the endpoints' use.
    void add_to(api::Endpoints &endpoints);

private:
    struct Check {
        std::string name;
        std::string state;  // ok, warn or bad
        std::string detail;
        std::optional<std::string> since;

        [[nodiscard]] bool ready() const { return state != "bad"; }
    };

    [[nodiscard]] awaitable<std::vector<Check>> check();
    [[nodiscard]] awaitable<http::Response> answer();

    db::Pool &database_;
    Limits limits_;
    Coalesced<int, std::vector<Check>> checks_;
};

}  // namespace poller
