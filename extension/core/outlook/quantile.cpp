#include "core/outlook/quantile.hpp"

#include <algorithm>
#include <cmath>

#include "core/outlook/normal.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kLeastQ = 1e-9;
constexpr double kLeastL0 = -12.0;  // below, "nothing" is too rare to be told apart
constexpr double kMostSkew = 4.0;
constexpr double kLeastSkew = 1e-6;

// The sum with the common shock, as it is where it is more than nothing.
struct Positive {
    double nothing;  // probability of nothing
    double mean;
    double deviation;
    double skew;
};

Positive positive_part(const Columns &columns, double s) noexcept {
    const auto &[k1, k2, k3, l0, neg] = columns;
    const double s3 = s * s * (s + 3.0);
    const double c1 = k1;
    const double c2 = k2 * (1.0 + s) + s * k1 * k1;
    const double c3 = k3 * (1.0 + 3.0 * s + s3) + k1 * k1 * k1 * s3 + 6.0 * k1 * s * k2 + 3.0 * k1 * k2 * s3;
    const double nothing = l0 > kLeastL0 && neg == 0.0 ? std::min(std::exp(l0), 1.0) : 0.0;
    const double some = 1.0 - nothing;
    if (!(some > 0.0)) return {1.0, 0.0, 0.0, kLeastSkew};

    const double g1 = c1 / some;
    const double second = (c2 + c1 * c1) / some;
    const double g2 = second - g1 * g1;
    const double g3 = (c3 + 3.0 * c1 * c2 + c1 * c1 * c1) / some - 3.0 * g1 * second + 2.0 * g1 * g1 * g1;
    const double deviation = std::sqrt(std::max(g2, 0.0));
    if (!(deviation > 0.0)) return {nothing, g1, 0.0, kLeastSkew};
    const double skew = std::clamp(g3 / (deviation * deviation * deviation), -kMostSkew, kMostSkew);
    return {nothing, g1, deviation, std::abs(skew) >= kLeastSkew ? skew : kLeastSkew};
}

}  // namespace

double quantile(const Columns &columns, double shock, double q) noexcept {
    const Positive part = positive_part(columns, shock);
    if (q <= part.nothing || part.nothing >= 1.0) return 0.0;
    if (part.deviation == 0.0) return std::max(part.mean, columns.neg);
    const double some = std::clamp((q - part.nothing) / (1.0 - part.nothing), kLeastQ, 1.0 - kLeastQ);
    const double base = 1.0 + part.skew * normal_quantile(some) / 6.0 - part.skew * part.skew / 36.0;
    const double cube = std::pow(std::max(base, 0.0), 3.0);
    return std::max(part.mean + part.deviation * 2.0 / part.skew * (cube - 1.0), columns.neg);
}

double probability_at_least(const Columns &columns, double shock, double value) noexcept {
    if (value <= columns.neg) return 1.0;
    const Positive part = positive_part(columns, shock);
    const double some = 1.0 - part.nothing;
    if (value <= 0.0 && part.nothing > 0.0) return 1.0;
    if (part.deviation == 0.0) return part.mean >= value ? some : 0.0;
    const double cube = 1.0 + (value - part.mean) / part.deviation * part.skew / 2.0;
    // Outside the range of the curve: below its least value, or above its largest.
    if (cube <= 0.0) return part.skew > 0.0 ? some : 0.0;
    const double z = 6.0 / part.skew * (std::cbrt(cube) - 1.0 + part.skew * part.skew / 36.0);
    return some * normal_share(-z);
}

}  // namespace pipeline_forecast::outlook
