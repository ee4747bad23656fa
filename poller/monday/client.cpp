#include "poller/monday/client.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"
#include "poller/monday/storable_json.hpp"
#include "poller/monday/vouched.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr int kMostAttempts = 5;
// A token that is not accepted now may be replaced at any time.
constexpr milliseconds kUnauthorizedPause = std::chrono::minutes{5};

bool is_limit(ErrorKind kind) {
    return kind == ErrorKind::kRateLimited || kind == ErrorKind::kComplexityExhausted ||
           kind == ErrorKind::kDailyLimit || kind == ErrorKind::kBusy;
}

// The whole account has to wait, not this call alone.
bool concerns_account(ErrorKind kind) { return is_limit(kind) && kind != ErrorKind::kBusy; }

std::string message_of(const Document &document, const ApiError &error) {
    return fmt::format("monday.com, {}: {}", document.name, to_string(error));
}

// The server stops after 60 s; a little more, so that it is the one to say so.
http::SendLimits limits_of_calls(const http::Call &call) {
    http::SendLimits limits;
    limits.only_once = http::find_header(call.headers, "Idempotency-Key").has_value();
    limits.total = std::chrono::seconds{70};
    limits.reply_bytes = 64UL << 20;
    return limits;
}

}  // namespace

struct Client::Attempt {
    Response response;
    bool arrived = true;  // or may have
};

Client::Client(http::Client &http, Budget &budget, Account account, milliseconds patience, std::stop_token stop)
    : http_(http),
      budget_(budget),
      account_(std::move(account)),
      patience_(patience),
      stop_(std::move(stop)),
      random_(std::random_device{}()) {}

http::Call Client::request_of(const Document &document, const json &variables,
                              const std::string &idempotency_key) const {
    http::Call call{"POST", account_.url, {}, {}};
    call.headers = {{"Authorization", account_.token},
                    {"API-Version", account_.version},
                    {"Content-Type", "application/json"},
                    {"Accept", "application/json"}};
    if (!idempotency_key.empty()) call.headers.emplace_back("Idempotency-Key", idempotency_key);
    call.body = to_text({{"query", document.text}, {"variables", variables}, {"operationName", document.name}});
    return call;
}

// A retired version is not refused but answered by another one, in which fields may be null without an error.
void Client::check_version(const Response &response) const {
    if (response.served_version.empty() || response.served_version == account_.version) return;
    throw PermanentError(
        fmt::format("monday.com answered in version {} of its API instead of {}", response.served_version,
                    account_.version),
        {"", "", "Set MONDAY_API_VERSION to a version that monday.com serves, after reading its notes."});
}

awaitable<Client::Attempt> Client::attempt(const Document &document, const http::Call &request, Deadline deadline) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    const std::int64_t reserved =
        co_await budget_.reserve(document.name, account_.token, std::max(left, milliseconds{0}), stop_);

    Attempt result;
    ++usage_.calls;
    const auto started = steady_clock::now();
    http::Reply reply;
    try {
        reply = co_await http_.send(request, limits_of_calls(request), stop_);
    } catch (const http::NoReply &error) {
        result.arrived = error.in_doubt();
        result.response.data = json::object();
        result.response.errors.push_back({ErrorKind::kTransient, "", error.what(), "", std::nullopt});
    }
    if (reply.status != 0) {
        reply.body = storable_json(std::move(reply.body));
        result.response = read_response(reply, std::chrono::system_clock::now());
        std::optional<std::int64_t> used;
        if (result.response.complexity) used = result.response.complexity->used;
        usage_.complexity += used.value_or(0);
        co_await budget_.settle(document.name, reserved, used, reply.headers);
    }
    const ApiError *error = result.response.worst_error();
    const auto duration = std::chrono::duration_cast<milliseconds>(steady_clock::now() - started);
    (error == nullptr ? log::debug : log::warning)("monday.com call",
                                                   {{"document", document.name},
                                                    {"status", reply.status},
                                                    {"ms", duration.count()},
                                                    {"request_id", result.response.request_id},
                                                    {"replayed", result.response.replayed},
                                                    {"error", error == nullptr ? "" : to_string(*error)}});
    co_return result;
}

awaitable<Response> Client::call(const Document &document, json variables, std::string idempotency_key) {
    const bool is_write = !idempotency_key.empty();
    const http::Call request = request_of(document, variables, idempotency_key);
    const Deadline deadline = steady_clock::now() + patience_;
    for (int failures = 0;; ++failures) {
        Attempt result = co_await attempt(document, request, deadline);
        check_version(result.response);
        const ApiError *error = result.response.worst_error();
        if (error == nullptr) co_return std::move(result.response);
        const std::string message = message_of(document, *error);
        if (error->kind == ErrorKind::kUnauthorized) {
            const std::string refusal = message + ": the token of MONDAY_API_KEY is not accepted";
            co_await budget_.block_token(account_.token, kUnauthorizedPause, refusal);
            throw WaitError(kUnauthorizedPause, refusal);
        }
        if (error->kind == ErrorKind::kCursorExpired) throw CursorExpired(message);
        if (!is_worth_repeating(error->kind)) co_return std::move(result.response);
        // After a failure of the server nobody knows how far it came.
        if (is_write && error->kind == ErrorKind::kTransient && result.arrived) throw WriteInDoubt(message);

        const double luck = std::uniform_real_distribution<>{}(random_);
        const milliseconds wait = wait_before_repeating(*error, failures, luck, std::chrono::system_clock::now());
        if (concerns_account(error->kind)) co_await budget_.block(wait, message);
        const bool gives_up = failures + 1 >= kMostAttempts || steady_clock::now() + wait > deadline;
        if (gives_up && is_limit(error->kind)) throw WaitError(wait, message);
        if (gives_up && result.response.data.empty()) throw TransientError(message);
        if (gives_up) co_return std::move(result.response);
        co_await sleep_for(wait, stop_);
        if (stop_.stop_requested()) throw TransientError(message);
    }
}

awaitable<Response> Client::read(const Document &document, json variables) {
    Response response = co_await call(document, std::move(variables), {});
    const ApiError *error = response.worst_error();
    if (error == nullptr) co_return response;
    response.data = vouched(std::move(response.data), response.errors);
    if (!response.data.empty()) co_return response;
    if (is_worth_repeating(error->kind)) throw TransientError(message_of(document, *error));
    throw Refused(error->kind, message_of(document, *error));
}

awaitable<json> Client::read_whole(const Document &document, json variables) {
    Response response = co_await call(document, std::move(variables), {});
    if (const ApiError *error = response.worst_error()) {
        if (is_worth_repeating(error->kind)) throw TransientError(message_of(document, *error));
        throw Refused(error->kind, message_of(document, *error));
    }
    co_return std::move(response.data);
}

awaitable<json> Client::write(const Document &document, json variables, std::string idempotency_key) {
    Response response = co_await call(document, std::move(variables), std::move(idempotency_key));
    if (const ApiError *error = response.worst_error()) {
        if (is_worth_repeating(error->kind)) throw TransientError(message_of(document, *error));
        throw Refused(error->kind, message_of(document, *error));
    }
    co_return std::move(response.data);
}

}  // namespace poller::monday
