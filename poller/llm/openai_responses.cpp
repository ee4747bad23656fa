// The Responses interface of OpenAI.
#include "poller/llm/dialects.hpp"
#include "poller/llm/exchange.hpp"
#include "poller/llm/openai_errors.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::llm {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

struct Output {
    std::string text;
    std::string refusal;
};

// Reasoning and other items can stand around the message, so items are found by type.
Output output_of(const json &document) {
    Output result;
    const json &output = member(document, "output");
    if (!output.is_array()) return result;
    for (const json &item : output) {
        if (text_of(member(item, "type")) != "message") continue;
        const json &content = member(item, "content");
        if (!content.is_array()) continue;
        for (const json &part : content) {
            const std::string type = text_of(member(part, "type")).value_or("");
            if (type == "output_text") result.text += text_of(member(part, "text")).value_or("");
            if (type == "refusal") result.refusal += text_of(member(part, "refusal")).value_or("refused");
        }
    }
    return result;
}

}  // namespace

http::Call OpenAiResponses::request(const Prompt &prompt, const Endpoint &endpoint) const {
    ordered_json body{
        {"model", endpoint.model},
        {"instructions", system_text(prompt, endpoint.schema_mode != SchemaMode::kStrict)},
        {"input", prompt.user},
        {"max_output_tokens", endpoint.max_output_tokens},
        // The default keeps what was sent.
        {"store", false},
    };
    if (endpoint.schema_mode == SchemaMode::kStrict) {
        body["text"] = {
            {"format", {{"type", "json_schema"}, {"name", kSchemaName}, {"strict", true}, {"schema", prompt.schema}}}};
    } else if (endpoint.schema_mode == SchemaMode::kPlain) {
        body["text"] = {{"format", {{"type", "json_object"}}}};
    }
    if (endpoint.temperature) body["temperature"] = *endpoint.temperature;
    return json_request(endpoint, "/responses", openai_headers(endpoint), body);
}

Answer OpenAiResponses::read(const http::Reply &response, std::chrono::system_clock::time_point now) const {
    if (response.status != 200) return read_openai_failure(response, now);
    const auto document = document_of(response);
    if (!document) return unreadable(response, "the response is not JSON");

    Answer answer;
    answer.http_status = response.status;
    answer.model = text_of(member(*document, "model")).value_or("");
    answer.request_id = http::find_header(response.headers, "x-request-id").value_or("");
    const json &usage = member(*document, "usage");
    answer.tokens_in = whole_number_of(member(usage, "input_tokens"));
    answer.tokens_out = whole_number_of(member(usage, "output_tokens"));
    const std::string status = text_of(member(*document, "status")).value_or("completed");
    if (auto failure = failure_within(*document, response, answer, read_openai_failure, now)) return *failure;
    Output output = output_of(*document);
    if (!output.refusal.empty()) return failed(std::move(answer), Outcome::kRefusal, output.refusal);
    if (status == "incomplete") {
        const std::string reason =
            text_of(member(member(*document, "incomplete_details"), "reason")).value_or("unknown reason");
        const Outcome outcome = reason == "max_output_tokens" ? Outcome::kTruncated
                                : reason == "content_filter"  ? Outcome::kRefusal
                                                              : Outcome::kHttpError;
        return failed(std::move(answer), outcome, "incomplete: " + reason);
    }
    if (status != "completed") return failed(std::move(answer), Outcome::kHttpError, "status " + status);
    return with_text(std::move(answer), std::move(output.text));
}

}  // namespace poller::llm
