// Getting one analysis explained: asks the database what to do, the model for its answer, and tells the database how it
// went.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/http/client/client.hpp"
#include "poller/llm/service.hpp"

namespace poller::llm {

class Explainer {
public:
    Explainer(db::Pool &database, http::Client &http, const Service &service, std::stop_token stop = {})
        : database_(database), http_(http), service_(service), stop_(std::move(stop)) {}

    // Returns what was done, for a person to read. Throws WaitError where it is not to be done now (backing off,
    // limits, bills, budgets) and PermanentError where it is given up.
    [[nodiscard]] awaitable<std::string> explain(std::string project_id, bool force);

private:
    struct Exchange {
        Answer answer;
        std::chrono::milliseconds duration{0};
    };
    struct Ending {
        std::string result;
        std::optional<std::chrono::milliseconds> next_attempt;  // from now
    };

    awaitable<Exchange> ask(const Prompt &prompt, int max_output_tokens);
    awaitable<Ending> end(const std::string &project_id, const nlohmann::json &request, const Exchange &exchange);
    awaitable<void> leave_alone(const Answer &answer);

    db::Pool &database_;
    http::Client &http_;
    const Service &service_;
    std::stop_token stop_;
};

}  // namespace poller::llm
