// The moment as of which the tests analyse, and the weights of time then.
#pragma once

#include "core/analysis/analysis.hpp"
#include "core/analysis/time_weights.hpp"

namespace pipeline_forecast::analysis {

inline constexpr Day kToday = std::chrono::year{2026} / 2 / 17;
inline constexpr Moment kNow{kToday, 0.5};
inline constexpr TimeWeighting kWeighting{.as_of = kNow};

}  // namespace pipeline_forecast::analysis
