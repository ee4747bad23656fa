// A job as the queue hands it out, and how a run of it ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

namespace poller::jobs {

struct Job {
    std::int64_t id = 0;
    std::string type;
    std::optional<std::string> project_id;
    nlohmann::json payload;  // an object
    int attempts = 0;        // this run included
    int max_attempts = 0;
    std::int64_t token = 0;  // of the lease; every later word about the job carries it
    double waited_ms = 0;    // since it was due
};

// What a handler says at the end. The detail is for people: what was done, or why not.
struct Outcome {
    enum class Kind {
        kDone,
        kRetry,  // again later, while attempts are left
        kFail,   // never again
        kWait,   // a provider asked to come back later; the attempt does not count
    };

    Kind kind;
    std::string detail;
    std::chrono::milliseconds delay{};  // of kWait

    [[nodiscard]] static Outcome done(std::string detail = {}) { return {Kind::kDone, std::move(detail)}; }
    [[nodiscard]] static Outcome retry(std::string detail) { return {Kind::kRetry, std::move(detail)}; }
    [[nodiscard]] static Outcome fail(std::string detail) { return {Kind::kFail, std::move(detail)}; }
    [[nodiscard]] static Outcome wait(std::chrono::milliseconds delay, std::string detail) {
        return {Kind::kWait, std::move(detail), delay};
    }
};

}  // namespace poller::jobs
