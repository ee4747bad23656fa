#include "poller/llm/exchange.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "poller/http/retry_after.hpp"
#include "poller/llm/answer_text.hpp"
#include "poller/storable_json.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::llm {

using nlohmann::json;

namespace {

// Parts of the names that providers give to errors, in lower case, and the status that they come with.
constexpr std::array<std::pair<std::string_view, int>, 16> kStatusOfName{{
    {"quota", 429},
    {"rate_limit", 429},
    {"resource_exhausted", 429},
    {"billing", 402},
    {"overloaded", 529},
    {"unavailable", 503},
    {"unauthenticated", 401},
    {"authentication", 401},
    {"invalid_api_key", 401},
    {"permission", 403},
    {"not_found", 404},
    {"timeout", 408},
    {"deadline", 408},
    {"invalid_request", 400},
    {"invalid_argument", 400},
    {"invalid_prompt", 400},
}};

// What servers call the means by which an answer is held to a schema.
constexpr std::array<std::string_view, 9> kSchemaWords{"response_format", "responseformat", "json_schema",
                                                       "json_object",     "output_config",  "tool_choice",
                                                       "text.format",     "schema",         "grammar"};

[[nodiscard]] std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

[[nodiscard]] bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// An error without any of these is the server's.
[[nodiscard]] int status_of(const json &error) {
    if (const auto code = whole_number_of(member(error, "code")); code && *code >= 400 && *code <= 599) {
        return static_cast<int>(*code);
    }
    for (const char *key : {"code", "type", "status"}) {
        const std::string name = lower(text_of(member(error, key)).value_or(""));
        for (const auto &[part, status] : kStatusOfName) {
            if (has(name, part)) return status;
        }
    }
    return 500;
}

[[nodiscard]] const json &error_in(const json &document) {
    const json &outer = document.is_array() ? first_element(document) : document;
    const json &error = member(outer, "error");
    const bool is_error = error.is_object() || !text_of(error).value_or("").empty();
    return is_error ? error : member(first_element(member(outer, "choices")), "error");
}

}  // namespace

http::Call json_request(const Endpoint &endpoint, std::string_view path, http::Headers headers,
                        const nlohmann::ordered_json &body) {
    std::string_view base = endpoint.base_url;
    while (base.ends_with('/')) base.remove_suffix(1);
    headers.emplace_back("Content-Type", "application/json");
    headers.emplace_back("Accept", "application/json");
    return {"POST", std::string{base}.append(path), std::move(headers),
            body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

std::string system_text(const Prompt &prompt, bool with_schema) {
    if (!with_schema) return prompt.system;
    return prompt.system + "\n\nThe JSON schema of the answer:\n" + prompt.schema.dump();
}

Answer failure_by_status(const http::Reply &response, std::string error, std::chrono::system_clock::time_point now) {
    Answer answer;
    answer.http_status = response.status;
    answer.error = error.empty() ? "HTTP status " + std::to_string(response.status) : std::move(error);
    answer.wait = http::retry_after(response.headers, now);
    switch (response.status) {
        case 401:
        case 403:
        case 404:
            answer.concern = Concern::kAccount;
            answer.worth_repeating = false;
            break;
        case 402: make_billing_error(answer); break;
        case 429:
            answer.outcome = Outcome::kRateLimited;
            answer.concern = Concern::kProvider;
            break;
        case 503:
        case 529:
            if (answer.wait) answer.outcome = Outcome::kRateLimited;
            answer.concern = Concern::kProvider;
            break;
        case 408:
        case 409:
        case 425: break;
        default: answer.worth_repeating = response.status >= 500; break;
    }
    return answer;
}

void make_billing_error(Answer &answer) {
    answer.outcome = Outcome::kBillingError;
    answer.concern = Concern::kAccount;
    answer.worth_repeating = false;
}

Answer unreadable(const http::Reply &response, std::string error) {
    Answer answer;
    answer.http_status = response.status;
    return failed(std::move(answer), Outcome::kInvalidJson, std::move(error));
}

std::optional<json> document_of(const http::Reply &response) { return parse_json(storable_json(response.body)); }

std::optional<Answer> failure_within(const json &document, const http::Reply &response, const Answer &so_far,
                                     ReadFailure read_failure, std::chrono::system_clock::time_point now) {
    const json &error = error_in(document);
    if (!error.is_object() && !error.is_string()) return std::nullopt;
    json body = json::object();
    body["error"] = error;
    Answer answer = read_failure({status_of(error), response.headers, to_text(body)}, now);
    answer.http_status = so_far.http_status;
    answer.model = so_far.model;
    if (answer.request_id.empty()) answer.request_id = so_far.request_id;
    answer.tokens_in = so_far.tokens_in;
    answer.tokens_out = so_far.tokens_out;
    return answer;
}

Answer with_schema_hint(Answer answer, SchemaMode mode) {
    const bool is_refused = answer.outcome == Outcome::kHttpError && !answer.worth_repeating &&
                            answer.concern == Concern::kNobody && mode != SchemaMode::kNone;
    const std::string error = lower(answer.error);
    if (!is_refused || std::ranges::none_of(kSchemaWords, [&](std::string_view word) { return has(error, word); })) {
        return answer;
    }
    // Some servers know schemas and not the older mode.
    const bool wants_schema = mode == SchemaMode::kPlain && has(error, "json_schema");
    const std::string_view next = mode == SchemaMode::kStrict ? "plain" : wants_schema ? "strict" : "none";
    answer.error += "; the server refuses LLM_SCHEMA_MODE=";
    answer.error += mode == SchemaMode::kStrict ? "strict" : "plain";
    answer.error += ", set LLM_SCHEMA_MODE=";
    answer.error += next;
    answer.concern = Concern::kAccount;
    return answer;
}

Answer with_text(Answer answer, std::string text) {
    text = answer_in(text);
    if (text.empty()) return failed(std::move(answer), Outcome::kInvalidJson, "the answer holds no text");
    answer.outcome = Outcome::kOk;
    answer.text = std::move(text);
    return answer;
}

Answer failed(Answer answer, Outcome outcome, std::string error) {
    answer.outcome = outcome;
    answer.error = std::move(error);
    // The same question is refused again.
    answer.worth_repeating = outcome != Outcome::kRefusal;
    return answer;
}

}  // namespace poller::llm
