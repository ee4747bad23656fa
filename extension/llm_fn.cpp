// SQL shells of the language-model step: cleaning text, reading an answer, deciding on an adjustment.
#include "pg/guard.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/html.hpp"
#include "core/llm_answer.hpp"
#include "core/plain_text.hpp"
#include "core/rating_adjustment.hpp"
#include "pg/arguments.hpp"
#include "pg/json.hpp"

namespace {

using namespace pipeline_forecast;

std::size_t length_argument(FunctionCallInfo fcinfo, int index) {
    return static_cast<std::size_t>(std::max<int32>(PG_GETARG_INT32(index), 0));
}

}  // namespace

// text, largest number of characters
PIPELINE_FUNCTION(pipeline_plain_text) {
    const std::string_view text = pg::text_argument(fcinfo, 0);
    const std::string plain = plain_text(text, length_argument(fcinfo, 1));
    return pg::pg_call([&] { return pg::text_datum(plain); });
}

// text, largest number of characters before escaping
PIPELINE_FUNCTION(pipeline_html_text) {
    const std::string_view text = pg::text_argument(fcinfo, 0);
    const std::string html = escape_html(plain_text(text, length_argument(fcinfo, 1)));
    return pg::pg_call([&] { return pg::text_datum(html); });
}

// answer -> {"outcome": "ok", "answer": {...}} or {"outcome": ..., "error": ...}
PIPELINE_FUNCTION(pipeline_parse_llm_answer) {
    const std::string_view text = pg::text_argument(fcinfo, 0);
    const auto parsed = parse_llm_answer(text);
    if (const auto *rejected = std::get_if<RejectedAnswer>(&parsed)) {
        return pg::jsonb_datum({{"outcome", to_string(rejected->fault)}, {"error", rejected->reason}});
    }
    const auto &answer = std::get<LlmAnswer>(parsed);
    const nlohmann::json reasoning{
        {"gestation", answer.gestation}, {"conversion", answer.conversion}, {"rating", answer.rating}};
    return pg::jsonb_datum({{"outcome", "ok"},
                            {"answer",
                             {{"summary", answer.summary},
                              {"reasoning", reasoning},
                              {"adjustments", {{"rating_adjustment", answer.rating_adjustment}}},
                              {"special_factors", answer.special_factors},
                              {"confidence_notes", answer.confidence_notes}}}});
}

// baseline rating, proposed adjustment, segment size, conversion confidence, tier, special factors
// -> {"rating": ..., "adjustment": ..., "refusal": ...}
PIPELINE_FUNCTION(pipeline_adjust_rating) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    const AdjustmentCase given{.baseline_rating = PG_GETARG_INT32(0),
                               .proposed = pg::integer_argument(fcinfo, 1).value_or(0),
                               .segment_size = pg::integer_argument(fcinfo, 2),
                               .conversion_confidence = pg::rate_argument(fcinfo, 3),
                               .tier = pg::integer_argument(fcinfo, 4),
                               .special_factors = PG_ARGISNULL(5) ? std::string_view{} : pg::text_argument(fcinfo, 5)};
    const AdjustedRating adjusted = adjust_rating(given);
    return pg::jsonb_datum(
        {{"rating", adjusted.rating}, {"adjustment", adjusted.adjustment}, {"refusal", adjusted.refusal}});
}
