// The settings of the analysis, with the values that the published numbers are made with.
#pragma once

#include <cstddef>

#include "core/analysis/conversion.hpp"
#include "core/analysis/time_weights.hpp"

namespace pipeline_forecast::analysis {

struct Config {
    // On date_created, inclusive; from 0 on.
    int look_back_days = 1825;
    bool time_weighting = true;
    // Below 1 counts as 1.
    double half_life_days = kHalfLifeDays;
    // Smooths all rates but the closed-only one that has a prior; from 0 on.
    double laplace_k = kLaplaceK;
    // In projects, of the closed-only rate; from 0 on.
    double prior_strength = 20.0;
    // In rows, for tiers 1 to 4; 0 counts as 1.
    std::size_t segment_minimum = 15;
};

[[nodiscard]] inline TimeWeighting weighting_of(const Config &config, Moment as_of) noexcept {
    return {as_of, config.half_life_days, config.time_weighting};
}

// The settings as they are used. Throws InputError (22023) naming the first that is out of its range.
[[nodiscard]] Config checked(Config config);

}  // namespace pipeline_forecast::analysis
