// Quantiles of sorted values: weighted by share, and the plain kind that spreadsheets and statistics packages call
// type 7.
#pragma once

#include <span>
#include <vector>

namespace pipeline_forecast::analysis {

// C_k = (w_1 + ... + w_k) / (w_1 + ... + w_n); the last is exactly 1. Weights are not negative, their sum is
// positive.
[[nodiscard]] std::vector<double> cumulative_shares(std::span<const double> weights);

// Linear interpolation through the points (C_k, x_k), constant outside. There is no half-step correction, so equal
// weights on 10, 20, 30, 40 give 10, 20 and 30 for p = 0.25, 0.5 and 0.75. values ascending, as many as shares, at
// least one.
//
// Among equal values the order of the weights moves the result, as it moves C at the first of them. Callers order
// such values by weight, heaviest first; equal values of equal weight are interchangeable.
[[nodiscard]] double weighted_quantile(std::span<const double> values, std::span<const double> shares,
                                       double p) noexcept;

// x at position (n - 1) p, interpolated. values ascending, at least one.
[[nodiscard]] double type7_quantile(std::span<const double> values, double p) noexcept;

}  // namespace pipeline_forecast::analysis
