// What monday.com answered. Errors come in several forms and spellings, with any HTTP status, beside data or instead of
// it; here each becomes one value that says what to do about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "poller/http/message.hpp"

namespace poller::monday {

enum class ErrorKind {
    kTransient,            // the platform or the network is in trouble: again later, a few times
    kLocked,               // another process writes to the board: again shortly
    kIdempotencyConflict,  // the same write is still running
    kRateLimited,          // too many calls in a minute or by address: the whole account has to wait
    kBusy,                 // too many calls at once, or for one field: others may go on
    kComplexityExhausted,  // the complexity of the minute is used up
    kDailyLimit,           // the calls of the day are used up: nothing before midnight UTC
    kCursorExpired,        // paging has to start again at page 1
    kUnauthorized,         // the token is not accepted: every call would fail
    kForbidden,            // the token may not do this; others may succeed
    kNotFound,             // no such item, board, column or update
    kTooComplex,           // more than one call may ask for: a smaller one may do
    kPermanent,            // the call is wrong and stays wrong
};

[[nodiscard]] std::string_view to_string(ErrorKind kind) noexcept;

// Whether the same call may succeed later, unchanged.
[[nodiscard]] bool is_worth_repeating(ErrorKind kind) noexcept;

struct ApiError {
    ErrorKind kind = ErrorKind::kPermanent;
    std::string code;     // as it came; empty where there was none
    std::string message;  // as it came, cut to a length fit for a record
    std::string path;     // of the field that failed, for example "items.0.subitems"; empty for the whole call
    std::optional<std::chrono::milliseconds> wait;  // asked for by the answer
};

// "code: message (path)", without what is missing.
[[nodiscard]] std::string to_string(const ApiError &error);

struct Complexity {
    std::int64_t used = 0;
    std::int64_t left = 0;
    std::int64_t resets_in_seconds = 0;
};

struct Response {
    nlohmann::json data;  // object; empty where nothing came. Partial data stays beside the errors
    std::vector<ApiError> errors;
    std::string request_id;
    std::string served_version;  // header API-Version; empty where it is missing
    std::optional<Complexity> complexity;
    bool replayed = false;  // the stored answer of an earlier call with the same idempotency key

    // The error that decides about the call: a bad token before limits, limits before the rest.
    [[nodiscard]] const ApiError *worst_error() const noexcept;
};

[[nodiscard]] Response read_response(const http::Reply &response, std::chrono::system_clock::time_point now);

// How long to wait before the call is made again: what the answer asks for, else by kind (60 s for complexity, 15 s for
// other limits, 1 s doubling to 60 s with the number of failures so far for the rest); plus 1 to 2 s. A daily limit
// waits for what it asks for, else for midnight UTC. `random` is from [0, 1).
[[nodiscard]] std::chrono::milliseconds wait_before_repeating(const ApiError &error, int failures, double random,
                                                              std::chrono::system_clock::time_point now);

}  // namespace poller::monday
