#include "poller/monday/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"
#include "poller/monday/vouched.hpp"
#include "poller/storable_json.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr int kMostAttempts = 5;
// A token that is not accepted now may be replaced at any time.
constexpr milliseconds kUnauthorizedPause = std::chrono::minutes{5};
// What a user may do changes less often.
constexpr milliseconds kAccessDeniedPause = std::chrono::hours{1};
constexpr std::string_view kAccessDenied = "USER_ACCESS_DENIED";

bool is_limit(ErrorKind kind) {
    return kind == ErrorKind::kRateLimited || kind == ErrorKind::kComplexityExhausted ||
           kind == ErrorKind::kDailyLimit || kind == ErrorKind::kBusy;
}

// The whole account has to wait, not this call alone.
bool concerns_account(ErrorKind kind) { return is_limit(kind) && kind != ErrorKind::kBusy; }

// A gateway that gave up waiting says so at once. Of other trouble nobody knows what it comes from: once it is
// repeated, then less is asked for.
bool asks_for_less(const ApiError &error, int status, int failures) {
    if (error.kind == ErrorKind::kTooComplex || status == 504 || status == 408) return true;
    const bool is_of_field = error.kind == ErrorKind::kBusy && error.code.starts_with("FIELD_");
    return failures > 0 && (error.kind == ErrorKind::kTransient || is_of_field);
}

bool names_parts(const Response &response) {
    return std::ranges::none_of(response.errors, [](const ApiError &error) { return error.path.empty(); });
}

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
    int status = 0;       // of HTTP; 0 without an answer
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

awaitable<Client::Attempt> Client::attempt(const Document &document, const http::Call &request, Deadline deadline,
                                           BoardTurn *turn) {
    const bool is_write = http::find_header(request.headers, "Idempotency-Key").has_value();
    const Budget::Use use = is_write ? Budget::Use::kWrite : Budget::Use::kRead;
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    const std::int64_t reserved =
        co_await budget_.reserve(document, use, account_.token, std::max(left, milliseconds{0}), stop_);

    http::SendLimits limits = limits_of_calls(request);
    if (turn != nullptr) limits.not_after = co_await turn->confirm();
    Attempt result;
    ++usage_.calls;
    const auto started = steady_clock::now();
    http::Reply reply;
    try {
        reply = co_await http_.send(request, limits, stop_);
    } catch (const http::NoReply &error) {
        result.arrived = error.in_doubt();
        result.response.data = json::object();
        result.response.errors.push_back({ErrorKind::kTransient, "", error.what(), "", std::nullopt});
    }
    result.status = reply.status;
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

// The token is not accepted, or its user may not write at all. What may go on with another token, or by reading, does.
awaitable<void> Client::refuse_token(Kind kind, const ApiError &error, std::string message) {
    if ((kind == Kind::kWrite || kind == Kind::kWriteAll) && error.code == kAccessDenied) {
        message += ": the user of MONDAY_API_KEY may not write (view-only, or not active)";
        co_await budget_.block_writes(account_.token, kAccessDeniedPause, message);
        throw WaitError(kAccessDeniedPause, message);
    }
    message += ": the token of MONDAY_API_KEY is not accepted";
    co_await budget_.block_token(account_.token, kUnauthorizedPause, message);
    throw WaitError(kUnauthorizedPause, message);
}

awaitable<Response> Client::call(const Document &document, json variables, Kind kind, std::string idempotency_key,
                                 BoardTurn *turn) {
    const bool is_write = kind == Kind::kWrite || kind == Kind::kWriteAll;
    const http::Call request = request_of(document, variables, idempotency_key);
    const Deadline deadline = steady_clock::now() + patience_;
    for (int failures = 0;; ++failures) {
        Attempt result = co_await attempt(document, request, deadline, turn);
        check_version(result.response);
        const ApiError *error = result.response.worst_error();
        if (error == nullptr) co_return std::move(result.response);
        const std::string message = message_of(document, *error);
        if (error->kind == ErrorKind::kUnauthorized) co_await refuse_token(kind, *error, message);
        // What was executed in part is not sent again as a whole.
        if (kind == Kind::kWriteAll && names_parts(result.response)) co_return std::move(result.response);
        if (error->kind == ErrorKind::kCursorExpired) throw CursorExpired(message);
        if (kind == Kind::kReadPage && asks_for_less(*error, result.status, failures)) throw PageTooLarge(message);
        if (!is_worth_repeating(error->kind)) co_return std::move(result.response);
        // After a failure of the server nobody knows how far it came.
        if (is_write && error->kind == ErrorKind::kTransient && result.arrived) throw WriteInDoubt(message);

        const double luck = std::uniform_real_distribution<>{}(random_);
        const milliseconds wait = wait_before_repeating(*error, failures, luck, std::chrono::system_clock::now());
        if (concerns_account(error->kind)) co_await budget_.block(wait, message);
        const bool gives_up = failures + 1 >= kMostAttempts || steady_clock::now() + wait > deadline;
        if (gives_up && error->kind == ErrorKind::kBusy) throw FieldBusy(wait, message);
        if (gives_up && is_limit(error->kind)) throw WaitError(wait, message);
        if (gives_up && result.response.data.empty()) throw TransientError(message);
        if (gives_up) co_return std::move(result.response);
        co_await sleep_for(wait, stop_);
        if (stop_.stop_requested()) throw TransientError(message);
    }
}

awaitable<Response> Client::read(const Document &document, json variables) {
    co_return co_await read_as(Kind::kRead, document, std::move(variables));
}

awaitable<Response> Client::read_page(const Document &document, json variables) {
    co_return co_await read_as(Kind::kReadPage, document, std::move(variables));
}

awaitable<Response> Client::read_as(Kind kind, const Document &document, json variables) {
    Response response = co_await call(document, std::move(variables), kind, {});
    const ApiError *error = response.worst_error();
    if (error == nullptr) co_return response;
    response.data = vouched(std::move(response.data), response.errors);
    if (!response.data.empty()) co_return response;
    if (is_worth_repeating(error->kind)) throw TransientError(message_of(document, *error));
    throw Refused(error->kind, message_of(document, *error));
}

awaitable<json> Client::read_whole(const Document &document, json variables) {
    Response response = co_await call(document, std::move(variables), Kind::kRead, {});
    if (const ApiError *error = response.worst_error()) {
        if (is_worth_repeating(error->kind)) throw TransientError(message_of(document, *error));
        throw Refused(error->kind, message_of(document, *error));
    }
    co_return std::move(response.data);
}

awaitable<json> Client::write(const Document &document, json variables, std::string idempotency_key) {
    Response response = co_await call(document, std::move(variables), Kind::kWrite, std::move(idempotency_key));
    if (const ApiError *error = response.worst_error()) {
        if (is_worth_repeating(error->kind)) throw TransientError(message_of(document, *error));
        throw Refused(error->kind, message_of(document, *error));
    }
    co_return std::move(response.data);
}

awaitable<Response> Client::write_all(const Document &document, json variables, std::string idempotency_key,
                                      BoardTurn &turn) {
    Response response =
        co_await call(document, std::move(variables), Kind::kWriteAll, std::move(idempotency_key), &turn);
    if (names_parts(response)) co_return response;
    const ApiError &error = *response.worst_error();
    if (is_worth_repeating(error.kind)) throw TransientError(message_of(document, error));
    throw Refused(error.kind, message_of(document, error));
}

}  // namespace poller::monday
