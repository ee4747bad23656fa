// The forecast of one project: every rule that turns what is known of it into money, probability and a date.
// Views, snapshots, as-of queries and explanations all end here.
#pragma once

#include <optional>
#include <string_view>

#include "core/calendar.hpp"
#include "core/fixed_point.hpp"
#include "core/stage_bucket.hpp"

namespace pipeline_forecast {

// What an analysis says of the probability, and how sure it has to be to overrule people.
struct ModelEvidence {
    std::optional<Rate> expected_conversion_rate = std::nullopt;
    std::optional<Rate> conversion_confidence = std::nullopt;
    Rate confidence_minimum = {};  // the setting model_confidence_minimum
};

// Whether the analysis has enough to go by; one whose confidence is unknown is as good as one of confidence 0.
[[nodiscard]] bool is_confident(const ModelEvidence &model) noexcept;

// The rate of the analysis where it counts: where it is confident, or nobody stated a probability.
[[nodiscard]] std::optional<Rate> counting_rate(const ModelEvidence &model,
                                                std::optional<Rate> stated_probability) noexcept;

// What the forecast reads of a project, of its current analysis and of its stage rule.
struct ForecastInput {
    Bucket bucket = Bucket::kOpen;
    std::optional<Money> total_order_value = std::nullopt;
    std::optional<Money> new_enquiry_value = std::nullopt;
    std::optional<Rate> expected_conversion_rate = std::nullopt;  // the analysis, as counting_rate() has it
    std::optional<Rate> stated_probability = std::nullopt;        // probability_percent / 100
    Rate default_probability = {};                                // the stage rule
    std::optional<Rate> conversion_confidence = std::nullopt;     // the analysis
    std::optional<Rate> default_spread = std::nullopt;            // the stage rule; absent where the bucket needs none
};

enum class ProbabilitySource { kStageLost, kStageCommitted, kModel, kBoardPercent, kStageDefault };

[[nodiscard]] std::string_view to_string(ProbabilitySource source) noexcept;

// The order value if there is one (neither unknown nor zero), else the enquiry value, else zero. Negative values
// (credits) pass through.
[[nodiscard]] Money contract_value(const ForecastInput &input) noexcept;

// Lost is 0 and Committed is 1 whatever anybody stated; else the model where it counts, then the board, then the
// stage's default.
[[nodiscard]] ProbabilitySource probability_source(const ForecastInput &input) noexcept;
[[nodiscard]] Rate probability(const ForecastInput &input) noexcept;

// The spread of a forecast of which nothing is certain, and the bounds of the spread.
inline constexpr Rate kSpreadWithoutConfidence{30'000};
inline constexpr Rate kNarrowestSpread{5'000};
inline constexpr Rate kWidestSpread{35'000};

// Half the width of the band: (1 - confidence) * kSpreadWithoutConfidence within the bounds, or the stage's default
// where no confidence (or confidence 0) is known.
[[nodiscard]] std::optional<Rate> probability_spread(const ForecastInput &input) noexcept;

// What the project is worth in the forecast; worst <= expected <= best also where the contract value is negative.
[[nodiscard]] Rate best_case_probability(const ForecastInput &input) noexcept;
[[nodiscard]] Rate worst_case_probability(const ForecastInput &input) noexcept;
[[nodiscard]] Money committed_value(const ForecastInput &input) noexcept;
[[nodiscard]] Money expected_value(const ForecastInput &input) noexcept;
[[nodiscard]] Money best_case_value(const ForecastInput &input) noexcept;
[[nodiscard]] Money worst_case_value(const ForecastInput &input) noexcept;

struct DateInput {
    std::optional<Day> date_order_received = std::nullopt;
    std::optional<Day> expected_start_date = std::nullopt;
    std::optional<Day> follow_up_date = std::nullopt;
    std::optional<Day> date_created = std::nullopt;
    std::optional<int> expected_gestation_days = std::nullopt;  // the analysis
};

enum class DateSource { kOrderReceived, kExpectedStart, kFollowUp, kCreatedPlusGestation, kCreated, kToday };

[[nodiscard]] std::string_view to_string(DateSource source) noexcept;
[[nodiscard]] DateSource forecast_date_source(const DateInput &input) noexcept;
[[nodiscard]] Day forecast_date(const DateInput &input, Day today) noexcept;

}  // namespace pipeline_forecast
