// Chat Completions of OpenAI, and of Ollama, vLLM, llama.cpp and others.
#include "poller/llm/dialects.hpp"
#include "poller/llm/exchange.hpp"
#include "poller/llm/openai_errors.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::llm {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

// OpenAI and Azure refuse the old name for reasoning models; local servers may know no other.
std::string_view output_cap_name(std::string_view base_url) {
    const bool is_new =
        base_url.find(".openai.com") != std::string_view::npos || base_url.find(".azure.com") != std::string_view::npos;
    return is_new ? "max_completion_tokens" : "max_tokens";
}

// A text, or parts of one.
std::string text_of_parts(const json &content) {
    if (!content.is_array()) return text_of(content).value_or("");
    std::string text;
    for (const json &part : content) text += text_of(member(part, "text")).value_or("");
    return text;
}

}  // namespace

http::Call OpenAiChat::request(const Prompt &prompt, const Endpoint &endpoint) const {
    const std::string system = system_text(prompt, endpoint.schema_mode != SchemaMode::kStrict);
    ordered_json body{
        {"model", endpoint.model},
        {"messages", {{{"role", "system"}, {"content", system}}, {{"role", "user"}, {"content", prompt.user}}}},
    };
    body[std::string{output_cap_name(endpoint.base_url)}] = endpoint.max_output_tokens;
    if (endpoint.schema_mode == SchemaMode::kStrict) {
        body["response_format"] = {
            {"type", "json_schema"},
            {"json_schema", {{"name", kSchemaName}, {"strict", true}, {"schema", prompt.schema}}},
        };
    } else if (endpoint.schema_mode == SchemaMode::kPlain) {
        body["response_format"] = {{"type", "json_object"}};
    }
    if (endpoint.temperature) body["temperature"] = *endpoint.temperature;
    return json_request(endpoint, "/chat/completions", openai_headers(endpoint), body);
}

Answer OpenAiChat::read(const http::Reply &response, std::chrono::system_clock::time_point now) const {
    if (response.status != 200) return read_openai_failure(response, now);
    const auto document = document_of(response);
    if (!document) return unreadable(response, "the response is not JSON");

    Answer answer;
    answer.http_status = response.status;
    answer.model = text_of(member(*document, "model")).value_or("");
    answer.request_id = http::find_header(response.headers, "x-request-id").value_or("");
    const json &usage = member(*document, "usage");
    answer.tokens_in = whole_number_of(member(usage, "prompt_tokens"));
    answer.tokens_out = whole_number_of(member(usage, "completion_tokens"));
    if (auto failure = failure_within(*document, response, answer, read_openai_failure, now)) return *failure;
    const json &choice = first_element(member(*document, "choices"));
    const json &message = member(choice, "message");
    if (const auto refusal = text_of(member(message, "refusal")); refusal && !refusal->empty()) {
        return failed(std::move(answer), Outcome::kRefusal, *refusal);
    }
    // Local servers may leave the reason out.
    const std::string reason = text_of(member(choice, "finish_reason")).value_or("stop");
    if (reason == "length") return failed(std::move(answer), Outcome::kTruncated, "finish_reason length");
    if (reason == "content_filter") return failed(std::move(answer), Outcome::kRefusal, "finish_reason content_filter");
    return with_text(std::move(answer), text_of_parts(member(message, "content")));
}

}  // namespace poller::llm
