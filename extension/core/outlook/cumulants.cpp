#include "core/outlook/cumulants.hpp"

#include <algorithm>
#include <cmath>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kSurest = 1.0 - 1e-9;

// E[(X/mean)^2] and E[(X/mean)^3] of an order value around its mean.
double square_of(double cv2) noexcept { return 1.0 + cv2; }
double cube_of(double cv2) noexcept { return 1.0 + 3.0 * cv2; }

}  // namespace

Columns &Columns::operator+=(const Columns &other) noexcept {
    k1 += other.k1;
    k2 += other.k2;
    k3 += other.k3;
    l0 += other.l0;
    neg += other.neg;
    return *this;
}

Columns deal_columns(double p, double value, double cv2) noexcept {
    const double k1 = p * value;
    const double square = p * value * value * square_of(cv2);
    const double cube = p * value * value * value * cube_of(cv2);
    return {.k1 = k1,
            .k2 = square - k1 * k1,
            .k3 = cube - 3.0 * square * k1 + 2.0 * k1 * k1 * k1,
            .l0 = std::log1p(-std::min(p, kSurest)),
            .neg = std::min(value, 0.0)};
}

Columns new_columns(double wins, const ValueMoments &values, double ratio, double cv2) noexcept {
    return {.k1 = wins * values.mean * ratio,
            .k2 = wins * values.square * ratio * ratio * square_of(cv2),
            .k3 = wins * values.cube * ratio * ratio * ratio * cube_of(cv2),
            .l0 = -wins,
            .neg = 0.0};
}

Columns scaled(const Columns &columns, double factor) noexcept {
    return {.k1 = columns.k1 * factor,
            .k2 = columns.k2 * factor * factor,
            .k3 = columns.k3 * factor * factor * factor,
            .l0 = columns.l0,
            .neg = columns.neg};
}

}  // namespace pipeline_forecast::outlook
