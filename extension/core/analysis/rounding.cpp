#include "core/analysis/rounding.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

int round_half_even(double value) noexcept {
    // The mode of a thread is round-to-nearest-even unless somebody changes it, which nothing here does.
    return static_cast<int>(std::nearbyint(value));
}

double round_half_even(double value, int decimals) noexcept {
    // The largest double has 309 digits before the point. Multiplying by a power of ten instead would round twice:
    // 2.675 * 100 is 267.5.
    std::array<char, 340> text;
    const auto printed =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
    double rounded = value;
    std::from_chars(text.data(), printed.ptr, rounded);
    return rounded;
}

}  // namespace pipeline_forecast::analysis
