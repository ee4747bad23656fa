#include "core/analysis/config.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/input_error.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

void require(bool holds, std::string_view setting, std::string_view hint) {
    if (holds) return;
    throw InputError(kInvalidParameter, std::string(setting) + " of the analysis is out of range", hint);
}

bool is_count(double value) noexcept { return std::isfinite(value) && value >= 0.0; }

}  // namespace

Config checked(Config config) {
    require(config.look_back_days >= 0, "look-back", "The look-back is a number of days from 0 on.");
    require(!std::isnan(config.half_life_days), "half-life", "The half-life is a number of days.");
    require(is_count(config.laplace_k), "Laplace k", "Laplace k is a finite number from 0 on.");
    require(is_count(config.prior_strength), "prior strength",
            "The prior strength is a finite number of projects from 0 on.");
    config.segment_minimum = std::max<std::size_t>(config.segment_minimum, 1);
    return config;
}

}  // namespace pipeline_forecast::analysis
