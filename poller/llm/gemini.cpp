// Google's generateContent.
#include <algorithm>
#include <array>

#include "poller/llm/dialects.hpp"
#include "poller/llm/duration.hpp"
#include "poller/llm/exchange.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::llm {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr std::array<std::string_view, 5> kRefusals{"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"};

// The older schema field is a message with fixed names and types: unknown names are an error, an enumeration holds
// texts only, and what may be null says so by a flag.
ordered_json openapi_form(const ordered_json &schema) {
    ordered_json form = ordered_json::object();
    for (const auto &[key, value] : schema.items()) {
        if (key == "additionalProperties") continue;
        if (key == "properties") {
            for (const auto &[name, property] : value.items()) form["properties"][name] = openapi_form(property);
        } else if (key == "items") {
            form["items"] = openapi_form(value);
        } else if (key == "enum" && !value.empty() && value.front().is_number()) {
            form["minimum"] = *std::ranges::min_element(value);
            form["maximum"] = *std::ranges::max_element(value);
        } else {
            form[key] = value;
        }
    }
    if (schema.contains("required")) form["propertyOrdering"] = schema["required"];
    return form;
}

std::string_view without_prefix(std::string_view model) {
    constexpr std::string_view prefix = "models/";
    return model.starts_with(prefix) ? model.substr(prefix.size()) : model;
}

// Errors come as one object or as a list of one.
const json &unwrapped(const json &document) { return document.is_array() ? first_element(document) : document; }

bool detail_says(const json &error, std::string_view name, std::string_view wanted) {
    const json &details = member(error, "details");
    if (!details.is_array()) return false;
    return std::ranges::any_of(details, [&](const json &detail) { return text_of(member(detail, name)) == wanted; });
}

std::optional<std::chrono::milliseconds> retry_delay(const json &error) {
    const json &details = member(error, "details");
    if (!details.is_array()) return std::nullopt;
    for (const json &detail : details) {
        const auto delay = text_of(member(detail, "retryDelay"));
        if (const auto wait = delay ? parse_duration(*delay) : std::nullopt) return wait;
    }
    return std::nullopt;
}

bool is_daily_quota(const json &error) {
    const json &details = member(error, "details");
    if (!details.is_array()) return false;
    for (const json &detail : details) {
        const json &violations = member(detail, "violations");
        if (!violations.is_array()) continue;
        for (const json &violation : violations) {
            const std::string quota = text_of(member(violation, "quotaId")).value_or("");
            if (quota.find("PerDay") != std::string::npos) return true;
        }
    }
    return false;
}

Answer read_gemini_failure(const http::Reply &response, std::chrono::system_clock::time_point now) {
    const json document = document_of(response).value_or(json{});
    const json &error = member(unwrapped(document), "error");
    const std::string status = text_of(member(error, "status")).value_or("");
    const std::string message = text_of(member(error, "message")).value_or("");
    Answer answer = failure_by_status(response, status.empty() ? message : status + ": " + message, now);
    if (const auto delay = retry_delay(error)) answer.wait = delay;
    if (response.status == 429) {
        // No quota at all: waiting does not help.
        if (message.find("limit: 0") != std::string::npos) make_billing_error(answer);
        if (!answer.wait && is_daily_quota(error)) answer.wait = std::chrono::hours{1};
    }
    // A wrong key and an account that may not use the API come as bad requests.
    if (status == "FAILED_PRECONDITION" || detail_says(error, "reason", "API_KEY_INVALID")) {
        answer.concern = Concern::kAccount;
    }
    return answer;
}

std::int64_t sum(const json &usage, std::initializer_list<std::string_view> names) {
    std::int64_t total = 0;
    for (const std::string_view name : names) total += whole_number_of(member(usage, name)).value_or(0);
    return total;
}

}  // namespace

http::Call Gemini::request(const Prompt &prompt, const Endpoint &endpoint) const {
    ordered_json generation{{"maxOutputTokens", endpoint.max_output_tokens}};
    if (endpoint.schema_mode == SchemaMode::kStrict) generation["responseJsonSchema"] = prompt.schema;
    if (endpoint.schema_mode == SchemaMode::kPlain) generation["responseSchema"] = openapi_form(prompt.schema);
    generation["responseMimeType"] = "application/json";
    if (endpoint.temperature) generation["temperature"] = *endpoint.temperature;
    const std::string system = system_text(prompt, endpoint.schema_mode == SchemaMode::kNone);
    const ordered_json body{
        {"systemInstruction", {{"parts", {{{"text", system}}}}}},
        {"contents", {{{"role", "user"}, {"parts", {{{"text", prompt.user}}}}}}},
        {"generationConfig", std::move(generation)},
    };
    std::string path = "/models/";
    path.append(without_prefix(endpoint.model)).append(":generateContent");
    // As a header: a key within the URL ends up in logs.
    return json_request(endpoint, path, {{"x-goog-api-key", endpoint.api_key}}, body);
}

Answer Gemini::read(const http::Reply &response, std::chrono::system_clock::time_point now) const {
    if (response.status != 200) return read_gemini_failure(response, now);
    const auto document = document_of(response);
    if (!document) return unreadable(response, "the response is not JSON");

    Answer answer;
    answer.http_status = response.status;
    answer.model = text_of(member(*document, "modelVersion")).value_or("");
    answer.request_id = text_of(member(*document, "responseId")).value_or("");
    if (const json &usage = member(*document, "usageMetadata"); usage.is_object()) {
        answer.tokens_in = sum(usage, {"promptTokenCount", "toolUsePromptTokenCount"});
        answer.tokens_out = sum(usage, {"candidatesTokenCount", "thoughtsTokenCount"});
    }
    if (auto failure = failure_within(*document, response, answer, read_gemini_failure, now)) return *failure;
    const json &candidate = first_element(member(*document, "candidates"));
    if (!candidate.is_object()) {
        const auto reason = text_of(member(member(*document, "promptFeedback"), "blockReason"));
        if (reason) return failed(std::move(answer), Outcome::kRefusal, "the prompt was blocked: " + *reason);
        return failed(std::move(answer), Outcome::kInvalidJson, "the response holds no candidate");
    }
    const std::string reason = text_of(member(candidate, "finishReason")).value_or("missing");
    if (reason == "MAX_TOKENS") return failed(std::move(answer), Outcome::kTruncated, "finishReason MAX_TOKENS");
    if (std::ranges::find(kRefusals, reason) != kRefusals.end() || reason.starts_with("IMAGE_")) {
        return failed(std::move(answer), Outcome::kRefusal, "finishReason " + reason);
    }
    // New reasons are added now and then; only one of them is success.
    if (reason != "STOP") return failed(std::move(answer), Outcome::kHttpError, "finishReason " + reason);
    std::string text;
    if (const json &parts = member(member(candidate, "content"), "parts"); parts.is_array()) {
        for (const json &part : parts) {
            if (member(part, "thought") == true) continue;
            text += text_of(member(part, "text")).value_or("");
        }
    }
    return with_text(std::move(answer), std::move(text));
}

}  // namespace poller::llm
