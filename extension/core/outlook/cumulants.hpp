// The additive columns: sums of them over any projects, types and months are the columns of the sum.
#pragma once

namespace pipeline_forecast::outlook {

struct Columns {
    double k1 = 0.0;   // the mean
    double k2 = 0.0;   // the variance
    double k3 = 0.0;   // the third central moment
    double l0 = 0.0;   // ln of the probability that nothing comes
    double neg = 0.0;  // the least that can come, where values are below 0

    Columns &operator+=(const Columns &other) noexcept;
};

// A project that is won with probability p, for `value` on average, with the squared coefficient of variation cv2.
[[nodiscard]] Columns deal_columns(double p, double value, double cv2) noexcept;

// Moments of the first value of new projects.
struct ValueMoments {
    double mean = 0.0;
    double square = 0.0;
    double cube = 0.0;
};

// So many wins of projects that do not exist yet; ratio turns a first value into an order value.
[[nodiscard]] Columns new_columns(double wins, const ValueMoments &values, double ratio, double cv2) noexcept;

// What the track record makes of them.
[[nodiscard]] Columns scaled(const Columns &columns, double factor) noexcept;

}  // namespace pipeline_forecast::outlook
