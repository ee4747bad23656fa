// What the dialects have in common: requests are JSON over POST, and a status means much the same everywhere.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "poller/llm/dialect.hpp"

namespace poller::llm {

// "forecast_explanation": providers want a name for the schema.
inline constexpr std::string_view kSchemaName = "forecast_explanation";

[[nodiscard]] http::Call json_request(const Endpoint &endpoint, std::string_view path, http::Headers headers,
                                      const nlohmann::ordered_json &body);

// The system text; followed by the schema where the provider is not told of it in another way.
[[nodiscard]] std::string system_text(const Prompt &prompt, bool with_schema);

// What a failure means by its HTTP status alone: 401, 403, 404 concern the account; 402 is a bill; 408, 409, 425 and
// 5xx may pass; 429 is a limit, and so is a busy provider (503, 529) that says how long to wait; any other 4xx stays
// wrong.
[[nodiscard]] Answer failure_by_status(const http::Reply &response, std::string error,
                                       std::chrono::system_clock::time_point now);

// The failure is about money: nothing helps but a person.
void make_billing_error(Answer &answer);

// For a status of 200 to which no document belongs.
[[nodiscard]] Answer unreadable(const http::Reply &response, std::string error);

// The body of a response; nothing where it is not JSON.
[[nodiscard]] std::optional<nlohmann::json> document_of(const http::Reply &response);

// How a dialect reads a response of a status other than 200.
using ReadFailure = Answer (*)(const http::Reply &response, std::chrono::system_clock::time_point now);

// Servers and the gateways before them also report an error with status 200. Read as if it had the status that it
// names, with its message and what it says of limits; what is known of the exchange comes from the answer so far.
[[nodiscard]] std::optional<Answer> failure_within(const nlohmann::json &document, const http::Reply &response,
                                                   const Answer &so_far, ReadFailure read_failure,
                                                   std::chrono::system_clock::time_point now);

// A refusal of the way in which the schema was sent says which LLM_SCHEMA_MODE to set, and concerns every call.
[[nodiscard]] Answer with_schema_hint(Answer answer, SchemaMode mode);

// An answer with the document that the model wrote, or kInvalidJson where there is no text.
[[nodiscard]] Answer with_text(Answer answer, std::string text);

[[nodiscard]] Answer failed(Answer answer, Outcome outcome, std::string error);

}  // namespace poller::llm
