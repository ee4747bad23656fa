#include "core/analysis/quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

std::vector<double> cumulative_shares(std::span<const double> weights) {
    std::vector<double> shares(weights.size());
    std::partial_sum(weights.begin(), weights.end(), shares.begin());
    const double total = shares.empty() ? 1.0 : shares.back();
    for (double &share : shares) share /= total;
    return shares;
}

double weighted_quantile(std::span<const double> values, std::span<const double> shares, double p) noexcept {
    const auto above = std::lower_bound(shares.begin(), shares.end(), p);
    if (above == shares.begin()) return values.front();
    if (above == shares.end()) return values.back();
    // shares[k - 1] < p <= shares[k], so the divisor is positive even where rows without weight repeat a share.
    const auto k = static_cast<std::size_t>(above - shares.begin());
    const double position = (p - shares[k - 1]) / (shares[k] - shares[k - 1]);
    return values[k - 1] + (values[k] - values[k - 1]) * position;
}

double type7_quantile(std::span<const double> values, double p) noexcept {
    const double position = static_cast<double>(values.size() - 1) * std::clamp(p, 0.0, 1.0);
    const auto below = static_cast<std::size_t>(position);
    if (below + 1 >= values.size()) return values.back();
    return values[below] + (values[below + 1] - values[below]) * (position - static_cast<double>(below));
}

}  // namespace pipeline_forecast::analysis
