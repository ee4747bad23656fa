#include "poller/llm/dialect.hpp"

#include "poller/llm/dialects.hpp"

namespace poller::llm {

std::optional<SchemaMode> parse_schema_mode(std::string_view name) noexcept {
    if (name == "strict") return SchemaMode::kStrict;
    if (name == "plain") return SchemaMode::kPlain;
    if (name == "none") return SchemaMode::kNone;
    return std::nullopt;
}

std::string_view to_string(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::kOk: return "ok";
        case Outcome::kRefusal: return "refusal";
        case Outcome::kTruncated: return "truncated";
        case Outcome::kInvalidJson: return "invalid_json";
        case Outcome::kTimeout: return "timeout";
        case Outcome::kHttpError: return "http_error";
        case Outcome::kRateLimited: return "rate_limited";
        case Outcome::kBillingError: return "billing_error";
    }
    return "http_error";
}

std::unique_ptr<Dialect> make_dialect(std::string_view name) {
    if (name == "gemini") return std::make_unique<Gemini>();
    if (name == "openai_chat") return std::make_unique<OpenAiChat>();
    if (name == "openai_responses") return std::make_unique<OpenAiResponses>();
    if (name == "anthropic") return std::make_unique<Anthropic>();
    return nullptr;
}

Answer no_answer(bool timed_out, std::string error) {
    Answer answer;
    answer.outcome = timed_out ? Outcome::kTimeout : Outcome::kHttpError;
    answer.error = std::move(error);
    return answer;
}

}  // namespace poller::llm
