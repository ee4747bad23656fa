// The answer of a language model: what may be stored of it. A model is a stranger; whatever it sends is either exactly
// the agreed document or a failure with a name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace pipeline_forecast {

// All texts are plain_text(). Summary and reasons are never empty.
struct LlmAnswer {
    std::string summary;
    std::string gestation;
    std::string conversion;
    std::string rating;
    int rating_adjustment = 0;
    std::string special_factors;
    std::string confidence_notes;
};

enum class AnswerFault { kInvalidJson, kSchemaViolation };

// "invalid_json", "schema_violation".
[[nodiscard]] std::string_view to_string(AnswerFault fault) noexcept;

struct RejectedAnswer {
    AnswerFault fault;
    std::string reason;  // short and plain, fit for a record
};

// Far above what the longest texts need: a longer answer is not even parsed.
inline constexpr std::size_t kLargestAnswerBytes = 64 * 1024;
inline constexpr std::size_t kLongestText = 1500;  // characters of each text

// {"summary": text, "reasoning": {"gestation": text, "conversion": text, "rating": text},
//  "adjustments": {"rating_adjustment": -5..5}, "special_factors": text, "confidence_notes": text};
// all keys required, each once, no others.
[[nodiscard]] std::variant<LlmAnswer, RejectedAnswer> parse_llm_answer(std::string_view text);

}  // namespace pipeline_forecast
