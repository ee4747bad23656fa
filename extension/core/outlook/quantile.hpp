// Bands of any sum from its additive columns, in closed form: a translated gamma by Wilson and Hilferty for what is
// more than nothing, and the probability of nothing apart.
#pragma once

#include "core/outlook/cumulants.hpp"

namespace pipeline_forecast::outlook {

// The value that the sum stays below with probability q. shock is the variance of what moves the whole month. Monotone
// in q; q is clipped to [1e-9, 1 - 1e-9]. Never NaN for finite columns.
[[nodiscard]] double quantile(const Columns &columns, double shock, double q) noexcept;

// The probability that the sum is `value` or more: the inverse of the quantile.
[[nodiscard]] double probability_at_least(const Columns &columns, double shock, double value) noexcept;

}  // namespace pipeline_forecast::outlook
