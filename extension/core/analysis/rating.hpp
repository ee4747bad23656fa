// The rating of a project, 1 to 100: a weighted sum of five scores, bonuses, a ceiling by value band, a stretch of
// the upper end. Every intermediate figure is returned, so that a person can redo the sum.
#pragma once

#include <cstddef>
#include <optional>

#include "core/analysis/conversion.hpp"
#include "core/analysis/gestation.hpp"
#include "core/analysis/rating_rules.hpp"
#include "core/analysis/value_band.hpp"

namespace pipeline_forecast::analysis {

// What became of the segment's projects of one account or one product type, without time weights.
struct WinRecord {
    std::size_t won = 0;
    std::size_t total = 0;
};

struct RatingInputs {
    std::optional<double> conversion_rate;  // inclusive; absent or 0 counts as kEvenOdds
    std::optional<int> expected_days;
    std::optional<ValueBand> band;
    // Share of the segment's positive values that do not exceed the project's; absent where there are none.
    std::optional<double> value_share;
    std::optional<Quartiles> gestation_quartiles;  // of the segment, without weights
    // Absent where the project has no account (product type).
    std::optional<WinRecord> account;
    std::optional<WinRecord> product_type;
    double laplace_k = kLaplaceK;  // smooths the two records
};

// All figures unrounded; reports show three decimals.
struct Rating {
    int score = kLowestRating;

    bool is_big = false;           // the band, for the bonuses
    double conversion_rate = 0.0;  // as used: absent and 0 replaced
    double conversion_score = 0.0;
    double value_score = 0.0;
    double gestation_score = 0.0;
    double account_score = 0.0;
    double product_type_score = 0.0;
    double weighted_sum = 0.0;  // of the five scores

    double alignment_bonus = 0.0;
    double weakness_bonus = 0.0;  // zero or negative
    double momentum_bonus = 0.0;
    double total_bonus = 0.0;  // the three together, within [kLowestBonus, kHighestBonus]

    std::optional<int> ceiling;  // of 100, by value band; applied before the stretch
    // After bonus, ceiling and stretch, within [0, 1]; the score follows from it.
    double final_value = 0.0;

    // What remains of the final value without the bonus. It is not weighted_sum where ceiling, stretch or the bounds
    // of [0, 1] had an effect.
    [[nodiscard]] double final_value_less_bonus() const noexcept { return final_value - total_bonus; }
};

// Whether a project of these figures earns a bonus.
[[nodiscard]] bool applies(const BonusRule &rule, const Rating &rating) noexcept;
[[nodiscard]] bool applies(const WeaknessRule &rule, const Rating &rating) noexcept;

[[nodiscard]] Rating rate_project(const RatingInputs &inputs);

}  // namespace pipeline_forecast::analysis
