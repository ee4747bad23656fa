// Exponential time weights: what happened a half-life earlier counts half as much.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/calendar.hpp"

namespace pipeline_forecast::analysis {

// A moment in UTC: a day and the part of it that has passed, in [0, 1).
struct Moment {
    Day day;
    double day_fraction = 0.0;
};

inline constexpr double kHalfLifeDays = 730.0;

struct TimeWeighting {
    Moment as_of;
    double half_life_days = kHalfLifeDays;  // below 1 counts as 1
    bool enabled = true;
};

// One weight per row, in the order of the rows: 2^(-age / half-life), scaled so that their mean is one. A row created
// after `as_of` has age 0; a row without a date weighs as little as the lightest dated row. All weights are one where
// weighting is off or no row is dated. Finite, never negative.
//
// Scaling cancels the reference moment, so ages are counted from the newest row (unless a row lies in the future):
// the same rows get the same bits at any `as_of`. The scale is a sum in the order given; callers that promise results
// independent of row order sort first.
[[nodiscard]] std::vector<double> time_weights(std::span<const std::optional<Day>> created,
                                               const TimeWeighting &weighting);

// The same where counts[i] rows share the date created[i]: one weight for each of these rows.
[[nodiscard]] std::vector<double> time_weights(std::span<const std::optional<Day>> created,
                                               std::span<const std::size_t> counts, const TimeWeighting &weighting);

// "time_weighted_half_life_730d" or "unweighted".
[[nodiscard]] std::string weighting_label(const TimeWeighting &weighting);

}  // namespace pipeline_forecast::analysis
