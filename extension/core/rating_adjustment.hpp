// When a language model may move a rating, and by how much. Asking it to behave is not enough: this is where it is
// made to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/fixed_point.hpp"

namespace pipeline_forecast {

inline constexpr int kLargestAdjustment = 5;
inline constexpr int kAdjustmentMinimumProjects = 60;
inline constexpr Rate kAdjustmentMinimumConfidence{70'000};
inline constexpr int kAdjustmentWidestTier = 2;

struct AdjustmentCase {
    int baseline_rating = 0;  // 1..100
    int proposed = 0;         // what lies beyond kLargestAdjustment counts as the limit
    std::optional<int> segment_size;
    std::optional<Rate> conversion_confidence;
    std::optional<int> tier;
    std::string_view special_factors;
};

struct AdjustedRating {
    int rating = 0;
    int adjustment = 0;   // what was allowed of the proposal: all of it or nothing
    std::string refusal;  // every condition that was missed; empty where the proposal was allowed or was 0
};

[[nodiscard]] AdjustedRating adjust_rating(const AdjustmentCase &given);

}  // namespace pipeline_forecast
