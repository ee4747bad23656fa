#include "core/outlook/wilson.hpp"

#include <algorithm>
#include <cmath>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kZ95 = 1.959963984540054;

}  // namespace

Interval wilson(double held, double tried) noexcept {
    if (!(tried > 0.0)) return {};
    const double share = std::clamp(held / tried, 0.0, 1.0);
    const double square = kZ95 * kZ95 / tried;
    const double centre = share + square / 2.0;
    const double reach = std::sqrt(share * (1.0 - share) * square + square * square / 4.0);
    return {std::max(0.0, (centre - reach) / (1.0 + square)), std::min(1.0, (centre + reach) / (1.0 + square))};
}

}  // namespace pipeline_forecast::outlook
