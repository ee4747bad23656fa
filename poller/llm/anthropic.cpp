// Anthropic's Messages.
#include <algorithm>
#include <array>

#include "poller/llm/dialects.hpp"
#include "poller/llm/exchange.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::llm {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr std::string_view kVersion = "2023-06-01";

// A spend limit that the customer set comes as a bad request that only its text tells apart.
constexpr std::array<std::string_view, 3> kBillingWords{"credit balance", "usage limits", "spend limit"};

bool is_about_money(const json &error, std::string_view type, std::string_view message) {
    if (type == "billing_error") return true;
    if (text_of(member(member(error, "details"), "error_code")) == "enforced_spend_limit_reached") return true;
    if (type != "invalid_request_error") return false;
    return std::ranges::any_of(kBillingWords,
                               [&](std::string_view words) { return message.find(words) != std::string_view::npos; });
}

Answer read_anthropic_failure(const http::Reply &response, std::chrono::system_clock::time_point now) {
    const json document = document_of(response).value_or(json{});
    const json &error = member(document, "error");
    const std::string type = text_of(member(error, "type")).value_or("");
    const std::string message = text_of(member(error, "message")).value_or("");
    Answer answer = failure_by_status(response, type.empty() ? message : type + ": " + message, now);
    answer.request_id = text_of(member(document, "request_id"))
                            .value_or(std::string{http::find_header(response.headers, "request-id").value_or("")});
    if (is_about_money(error, type, message)) make_billing_error(answer);
    return answer;
}

std::optional<std::int64_t> input_tokens(const json &usage) {
    auto total = whole_number_of(member(usage, "input_tokens"));
    if (!total) return std::nullopt;
    for (const std::string_view cached : {"cache_creation_input_tokens", "cache_read_input_tokens"}) {
        *total += whole_number_of(member(usage, cached)).value_or(0);
    }
    return total;
}

// The text blocks, or the input of the forced tool.
std::string text_of_blocks(const json &content) {
    std::string text;
    if (!content.is_array()) return text;
    for (const json &block : content) {
        const std::string type = text_of(member(block, "type")).value_or("");
        if (type == "tool_use") return to_text(member(block, "input"));
        if (type == "text") text += text_of(member(block, "text")).value_or("");
    }
    return text;
}

}  // namespace

http::Call Anthropic::request(const Prompt &prompt, const Endpoint &endpoint) const {
    ordered_json body{
        {"model", endpoint.model},
        {"max_tokens", endpoint.max_output_tokens},
        {"system", system_text(prompt, endpoint.schema_mode == SchemaMode::kNone)},
        {"messages", {{{"role", "user"}, {"content", prompt.user}}}},
    };
    if (endpoint.schema_mode == SchemaMode::kStrict) {
        body["output_config"] = {{"format", {{"type", "json_schema"}, {"schema", prompt.schema}}}};
    } else if (endpoint.schema_mode == SchemaMode::kPlain) {
        body["tools"] = {{{"name", kSchemaName},
                          {"description", "Takes the explanation of the forecast."},
                          {"input_schema", prompt.schema}}};
        body["tool_choice"] = {{"type", "tool"}, {"name", kSchemaName}};
    }
    if (endpoint.temperature) body["temperature"] = *endpoint.temperature;
    return json_request(endpoint, "/messages",
                        {{"x-api-key", endpoint.api_key}, {"anthropic-version", std::string{kVersion}}}, body);
}

Answer Anthropic::read(const http::Reply &response, std::chrono::system_clock::time_point now) const {
    if (response.status != 200) return read_anthropic_failure(response, now);
    const auto document = document_of(response);
    if (!document) return unreadable(response, "the response is not JSON");

    Answer answer;
    answer.http_status = response.status;
    answer.model = text_of(member(*document, "model")).value_or("");
    answer.request_id = http::find_header(response.headers, "request-id").value_or("");
    const json &usage = member(*document, "usage");
    answer.tokens_in = input_tokens(usage);
    answer.tokens_out = whole_number_of(member(usage, "output_tokens"));
    if (auto failure = failure_within(*document, response, answer, read_anthropic_failure, now)) return *failure;
    const std::string reason = text_of(member(*document, "stop_reason")).value_or("missing");
    if (reason == "max_tokens" || reason == "model_context_window_exceeded") {
        return failed(std::move(answer), Outcome::kTruncated, "stop_reason " + reason);
    }
    if (reason == "refusal") {
        const auto category = text_of(member(member(*document, "stop_details"), "category"));
        return failed(std::move(answer), Outcome::kRefusal, "refused" + (category ? ": " + *category : ""));
    }
    if (reason != "end_turn" && reason != "stop_sequence" && reason != "tool_use") {
        return failed(std::move(answer), Outcome::kHttpError, "stop_reason " + reason);
    }
    return with_text(std::move(answer), text_of_blocks(member(*document, "content")));
}

}  // namespace poller::llm
