// Seasons: how much more than expected happens in one position of a cycle (a month of the year, say), claimed only as
// far as repeated cycles prove it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/outlook/settings.hpp"

namespace pipeline_forecast::outlook {

// The logarithm of observed over expected in one month, and how uncertain it is.
struct SeasonSample {
    std::size_t position = 0;
    double log_ratio = 0.0;
    double variance = 0.0;
};

// Logarithms of factors by position, around the mean of the samples. All 0 unless every position occurs min_cycles
// times.
[[nodiscard]] std::vector<double> season_shape(std::span<const SeasonSample> samples, std::size_t positions,
                                               const Settings &settings);

struct SeasonCount {
    std::size_t position = 0;
    double observed = 0.0;
    double expected = 0.0;
};

// The same from counts, with a constant so that the total stays.
[[nodiscard]] std::vector<double> season_of_counts(std::span<const SeasonCount> months, std::size_t positions,
                                                   const Settings &settings);

}  // namespace pipeline_forecast::outlook
