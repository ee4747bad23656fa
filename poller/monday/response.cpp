#include "poller/monday/response.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "poller/http/retry_after.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::system_clock;

namespace {

constexpr std::size_t kLongestMessage = 500;
constexpr milliseconds kLongestWait = std::chrono::hours{24};

struct Known {
    std::string_view text;
    ErrorKind kind;
};

// Codes without case and punctuation, since the same one comes as maxConcurrencyExceeded and MAX_CONCURRENCY_EXCEEDED.
constexpr std::array kKnownCodes{
    Known{"complexitybudgetexhausted", ErrorKind::kComplexityExhausted},
    Known{"complexityexception", ErrorKind::kComplexityExhausted},
    Known{"maxcomplexityexceeded", ErrorKind::kTooComplex},
    Known{"dailylimitexceeded", ErrorKind::kDailyLimit},
    Known{"minuteratelimitexceeded", ErrorKind::kRateLimited},
    Known{"minutelimitrateexceeded", ErrorKind::kRateLimited},
    Known{"ratelimitexceeded", ErrorKind::kRateLimited},
    Known{"fieldlimitexceeded", ErrorKind::kBusy},
    Known{"fieldminuteratelimitexceeded", ErrorKind::kBusy},
    Known{"ipratelimitexceeded", ErrorKind::kRateLimited},
    Known{"maxconcurrencyexceeded", ErrorKind::kBusy},
    Known{"concurrencylimitexceeded", ErrorKind::kBusy},
    Known{"toomanyrequests", ErrorKind::kBusy},
    Known{"cursorexception", ErrorKind::kCursorExpired},
    Known{"cursorexpirederror", ErrorKind::kCursorExpired},
    Known{"usernotauthenticated", ErrorKind::kUnauthorized},
    Known{"useraccessdenied", ErrorKind::kUnauthorized},
    Known{"userunauthorizedexception", ErrorKind::kForbidden},
    Known{"userunauthorized", ErrorKind::kForbidden},
    Known{"unauthorizedfieldortype", ErrorKind::kForbidden},
    Known{"missingrequiredpermissions", ErrorKind::kForbidden},
    Known{"idempotencyconflict", ErrorKind::kIdempotencyConflict},
    Known{"resourcenotfoundexception", ErrorKind::kNotFound},
    Known{"invaliditemidexception", ErrorKind::kNotFound},
    Known{"invalidboardidexception", ErrorKind::kNotFound},
    Known{"itemnotfoundexception", ErrorKind::kNotFound},
    Known{"internalservererror", ErrorKind::kTransient},
    Known{"apitemporarilyblocked", ErrorKind::kTransient},
    Known{"columnvalueexception", ErrorKind::kPermanent},
    Known{"correctedvalueexception", ErrorKind::kPermanent},
    Known{"invalidargumentexception", ErrorKind::kPermanent},
    Known{"invalidcolumnidexception", ErrorKind::kPermanent},
    Known{"invaliduseridexception", ErrorKind::kPermanent},
    Known{"invalidversionexception", ErrorKind::kPermanent},
    Known{"itemnametoolongexception", ErrorKind::kPermanent},
    Known{"itemslimitationexception", ErrorKind::kPermanent},
    Known{"deletelastgroupexception", ErrorKind::kPermanent},
    Known{"recordinvalidexception", ErrorKind::kPermanent},
    Known{"parsingerror", ErrorKind::kPermanent},
    Known{"graphqlvalidationfailed", ErrorKind::kPermanent},
    Known{"undefinedfield", ErrorKind::kPermanent},
    Known{"undefinedtype", ErrorKind::kPermanent},
    Known{"argumentliteralsincompatible", ErrorKind::kPermanent},
    Known{"invalidgraphqlrequest", ErrorKind::kPermanent},
    Known{"badrequest", ErrorKind::kPermanent},
    Known{"jsonparseexception", ErrorKind::kPermanent},
};

// Parts of messages, without case, for answers whose code is missing or not known.
constexpr std::array kKnownMessages{
    Known{"complexity budget exhausted", ErrorKind::kComplexityExhausted},
    Known{"daily limit exceeded", ErrorKind::kDailyLimit},
    Known{"cursorexpirederror", ErrorKind::kCursorExpired},
    Known{"currently locked", ErrorKind::kLocked},
    Known{"minute rate limit", ErrorKind::kRateLimited},
    Known{"limit rate exceeded", ErrorKind::kRateLimited},
    Known{"ip rate limit", ErrorKind::kRateLimited},
    Known{"rate limit", ErrorKind::kBusy},
    Known{"concurrency limit", ErrorKind::kBusy},
    Known{"too many concurrent requests", ErrorKind::kBusy},
    Known{"not authenticated", ErrorKind::kUnauthorized},
    Known{"ip is restricted", ErrorKind::kUnauthorized},
    Known{"max complexity", ErrorKind::kTooComplex},
    Known{"parse error on", ErrorKind::kPermanent},
    Known{"internal server error", ErrorKind::kTransient},
};

// The first of these that an answer has decides.
constexpr std::array kByWeight{
    ErrorKind::kUnauthorized,
    ErrorKind::kDailyLimit,
    ErrorKind::kComplexityExhausted,
    ErrorKind::kRateLimited,
    ErrorKind::kBusy,
    ErrorKind::kCursorExpired,
    ErrorKind::kLocked,
    ErrorKind::kIdempotencyConflict,
    ErrorKind::kTransient,
    ErrorKind::kTooComplex,
    ErrorKind::kPermanent,
    ErrorKind::kForbidden,
    ErrorKind::kNotFound,
};

std::string lower_case(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::string letters_only(std::string_view code) {
    std::string result = lower_case(code);
    std::erase_if(result, [](unsigned char c) { return std::isalnum(c) == 0; });
    return result;
}

std::string shortened(std::string text) {
    if (text.size() <= kLongestMessage) return text;
    std::size_t end = kLongestMessage;
    // Not within a character of several bytes.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
    return text + "...";
}

std::optional<ErrorKind> kind_of_status(std::int64_t status) {
    switch (status) {
        case 401: return ErrorKind::kUnauthorized;
        case 403: return ErrorKind::kForbidden;
        case 404: return ErrorKind::kNotFound;
        case 408: return ErrorKind::kTransient;
        case 409: return ErrorKind::kIdempotencyConflict;
        case 423: return ErrorKind::kLocked;
        case 429: return ErrorKind::kRateLimited;
        default: break;
    }
    if (status >= 400 && status < 500) return ErrorKind::kPermanent;
    if (status >= 500) return ErrorKind::kTransient;
    return std::nullopt;
}

// An error as it came, before it is understood.
struct RawError {
    std::string code;
    std::string message;
    std::string path;
    std::optional<std::int64_t> status;  // the logical one, which may differ from that of HTTP
    json extensions = json::object();
    json error_data = json::object();
};

ErrorKind kind_of(const RawError &error, int http_status) {
    const std::int64_t status = error.status.value_or(http_status);
    const std::string code = letters_only(error.code);
    const std::string message = lower_case(error.message);
    // The same word for a bad token and for a missing right.
    if (code == "unauthorized") return status == 401 ? ErrorKind::kUnauthorized : ErrorKind::kForbidden;
    // One call that is too complex for any minute stays so.
    const auto most = whole_number_of(member(error.extensions, "maxComplexity"));
    if (most && whole_number_of(member(error.extensions, "complexity")).value_or(0) > *most) {
        return ErrorKind::kTooComplex;
    }
    if (code == "complexityexception" && message.find("max complexity") != std::string::npos) {
        return ErrorKind::kTooComplex;
    }
    const auto known_code = std::ranges::find(kKnownCodes, code, &Known::text);
    if (known_code != kKnownCodes.end()) return known_code->kind;
    const auto known_message = std::ranges::find_if(
        kKnownMessages, [&](const Known &known) { return message.find(known.text) != std::string::npos; });
    if (known_message != kKnownMessages.end()) return known_message->kind;
    // A limit that is spelled in a new way must not end a run, so what is not known counts as trouble that passes; the
    // number of attempts is bounded anyway.
    if (const auto kind = kind_of_status(status)) return *kind;
    return kind_of_status(http_status).value_or(ErrorKind::kTransient);
}

milliseconds seconds(double value) {
    const auto longest = static_cast<double>(kLongestWait.count());
    return milliseconds{static_cast<milliseconds::rep>(std::clamp(value * 1000, 0.0, longest))};
}

// "... reset in 16 seconds"
std::optional<milliseconds> wait_in_text(std::string_view text) {
    constexpr std::string_view words = "reset in ";
    const std::string lower = lower_case(text);
    const std::size_t found = lower.find(words);
    if (found == std::string::npos) return std::nullopt;
    const char *const digits = lower.c_str() + found + words.size();
    char *end = nullptr;
    const double value = std::strtod(digits, &end);
    if (end == digits || !(value >= 0) || !std::string_view{end}.starts_with(" second")) return std::nullopt;
    return seconds(value);
}

std::optional<milliseconds> wait_of(const RawError &error, ErrorKind kind, const json &document,
                                    const http::Reply &response, system_clock::time_point now) {
    for (const json *place : {&error.extensions, &member(error.extensions, "error_data"), &error.error_data}) {
        if (const auto value = number_of(member(*place, "retry_in_seconds"))) return seconds(*value);
    }
    if (const auto wait = http::retry_after(response.headers, now)) return wait;
    if (const auto value = number_of(member(error.extensions, "reset_in_x_seconds"))) return seconds(*value);
    if (kind == ErrorKind::kComplexityExhausted) {
        const json &complexity = member(member(document, "data"), "complexity");
        if (const auto value = number_of(member(complexity, "reset_in_x_seconds"))) return seconds(*value);
    }
    return wait_in_text(error.message);
}

std::string path_text(const json &path) {
    std::string text;
    if (!path.is_array()) return text;
    for (const json &step : path) {
        if (!text.empty()) text += '.';
        text += id_of(step);
    }
    return text;
}

std::string first_text(const json &object, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        if (auto text = text_of(member(object, name)); text && !text->empty()) return *std::move(text);
    }
    return {};
}

// What the answer says of itself in the old form; also what its errors in text form have in common.
RawError top_level_error(const json &document) {
    RawError error;
    error.code = first_text(document, {"error_code"});
    error.message = first_text(document, {"error_message", "error", "message"});
    error.status = whole_number_of(member(document, "status_code"));
    error.error_data = member(document, "error_data");
    return error;
}

RawError raw_error(const json &element, const RawError &top_level) {
    if (!element.is_object()) {
        RawError error = top_level;
        error.message = text_of(element).value_or(to_text(element));
        return error;
    }
    RawError error;
    error.extensions = member(element, "extensions");
    error.error_data = top_level.error_data;
    error.code = first_text(error.extensions, {"code"});
    if (error.code.empty()) error.code = first_text(element, {"error_code", "code"});
    if (error.code.empty()) error.code = top_level.code;
    error.message = first_text(element, {"message", "error_message"});
    error.path = path_text(member(element, "path"));
    error.status = whole_number_of(member(error.extensions, "status_code"));
    if (!error.status) error.status = top_level.status;
    return error;
}

std::vector<RawError> raw_errors(const json &document, int http_status) {
    const RawError top_level = top_level_error(document);
    const json &errors = member(document, "errors");
    std::vector<RawError> found;
    if (errors.is_array()) {
        for (const json &element : errors) found.push_back(raw_error(element, top_level));
    } else if (!errors.is_null()) {
        found.push_back(raw_error(errors, top_level));
    }
    if (!found.empty()) return found;
    const bool says_error = !top_level.code.empty() || (!top_level.message.empty() && !document.contains("data"));
    if (says_error) return {top_level};
    RawError error;
    if (http_status < 200 || http_status > 299) {
        error.message = "HTTP status " + std::to_string(http_status);
        return {error};
    }
    if (!member(document, "data").is_object()) {
        error.message = "the answer holds neither data nor errors";
        return {error};
    }
    return {};
}

std::optional<Complexity> complexity_of(const json &data) {
    const json &complexity = member(data, "complexity");
    if (!complexity.is_object()) return std::nullopt;
    return Complexity{whole_number_of(member(complexity, "query")).value_or(0),
                      whole_number_of(member(complexity, "after")).value_or(0),
                      whole_number_of(member(complexity, "reset_in_x_seconds")).value_or(0)};
}

milliseconds until_midnight(system_clock::time_point now) {
    const auto midnight = std::chrono::ceil<std::chrono::days>(now);
    return std::chrono::duration_cast<milliseconds>(midnight - now);
}

milliseconds default_wait(ErrorKind kind, int failures, system_clock::time_point now) {
    switch (kind) {
        case ErrorKind::kComplexityExhausted: return std::chrono::seconds{60};
        case ErrorKind::kRateLimited:
        case ErrorKind::kBusy: return std::chrono::seconds{15};
        case ErrorKind::kDailyLimit: return until_midnight(now);
        default: return seconds(std::min(60.0, std::exp2(std::clamp(failures, 0, 10))));
    }
}

}  // namespace

std::string_view to_string(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::kTransient: return "transient";
        case ErrorKind::kLocked: return "locked";
        case ErrorKind::kIdempotencyConflict: return "idempotency_conflict";
        case ErrorKind::kRateLimited: return "rate_limited";
        case ErrorKind::kBusy: return "busy";
        case ErrorKind::kComplexityExhausted: return "complexity_exhausted";
        case ErrorKind::kDailyLimit: return "daily_limit";
        case ErrorKind::kCursorExpired: return "cursor_expired";
        case ErrorKind::kUnauthorized: return "unauthorized";
        case ErrorKind::kForbidden: return "forbidden";
        case ErrorKind::kNotFound: return "not_found";
        case ErrorKind::kTooComplex: return "too_complex";
        case ErrorKind::kPermanent: return "permanent";
    }
    return "permanent";
}

bool is_worth_repeating(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::kTransient:
        case ErrorKind::kLocked:
        case ErrorKind::kIdempotencyConflict:
        case ErrorKind::kRateLimited:
        case ErrorKind::kBusy:
        case ErrorKind::kComplexityExhausted:
        case ErrorKind::kDailyLimit: return true;
        default: return false;
    }
}

std::string to_string(const ApiError &error) {
    std::string text = error.code;
    if (!error.message.empty()) text += (text.empty() ? "" : ": ") + error.message;
    if (text.empty()) text = to_string(error.kind);
    if (!error.path.empty()) text += " (" + error.path + ")";
    return text;
}

const ApiError *Response::worst_error() const noexcept {
    for (const ErrorKind kind : kByWeight) {
        const auto found = std::ranges::find(errors, kind, &ApiError::kind);
        if (found != errors.end()) return &*found;
    }
    return nullptr;
}

Response read_response(const http::Reply &response, system_clock::time_point now) {
    Response result;
    result.data = json::object();
    result.served_version = http::find_header(response.headers, "api-version").value_or("");
    result.replayed = http::find_header(response.headers, "idempotency-replayed") == "true";

    auto document = parse_json(response.body);
    const bool is_readable = document && document->is_object();
    if (!is_readable) {
        document = json::object();
        if (response.status >= 200 && response.status <= 299) {
            (*document)["error_message"] = "the answer is not a JSON object";
        }
    }
    for (const RawError &raw : raw_errors(*document, response.status)) {
        ApiError error;
        error.kind = kind_of(raw, response.status);
        error.code = shortened(raw.code);
        error.message = shortened(raw.message);
        error.path = shortened(raw.path);
        if (is_worth_repeating(error.kind)) error.wait = wait_of(raw, error.kind, *document, response, now);
        result.errors.push_back(std::move(error));
    }
    result.request_id = first_text(member(*document, "extensions"), {"request_id"});
    if (member(*document, "data").is_object()) result.data = std::move((*document)["data"]);
    result.complexity = complexity_of(result.data);
    return result;
}

milliseconds wait_before_repeating(const ApiError &error, int failures, double random, system_clock::time_point now) {
    const milliseconds wait = error.wait.value_or(default_wait(error.kind, failures, now));
    return wait + seconds(1 + std::clamp(random, 0.0, 1.0));
}

}  // namespace poller::monday
