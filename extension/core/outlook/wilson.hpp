// Wilson's score interval: between which shares the true one lies, after "held n of m".
#pragma once

#include <cstddef>

namespace pipeline_forecast::outlook {

struct Interval {
    double low = 0.0;
    double high = 1.0;
};

// At 95 %. Nothing tried says nothing: [0, 1].
[[nodiscard]] Interval wilson(double held, double tried) noexcept;

}  // namespace pipeline_forecast::outlook
