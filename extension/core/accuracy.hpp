// How good a forecast was, as shares of what came: the measures of the backtest. A share of nothing is unknown, never
// 0: a month in which nothing was invoiced says nothing about an error in per cent.
#pragma once

#include <cstdint>
#include <optional>

#include "core/fixed_point.hpp"

namespace pipeline_forecast {

// Millionths; may be negative. Stays within numeric(12,6): whatever is larger says no more than "very much".
struct Share {
    std::int64_t e6 = 0;

    friend constexpr bool operator==(Share, Share) = default;
};

inline constexpr int kShareScale = 6;
inline constexpr Share kLargestShare{999'999'999'999};

// part / whole, rounded half away from zero. Unknown unless whole > 0.
[[nodiscard]] std::optional<Share> share(std::int64_t part, std::int64_t whole) noexcept;

// Weighted absolute percentage error: sum |expected - actual| / sum actual. Weighted, since a mean of percentages
// explodes in months with little revenue.
[[nodiscard]] std::optional<Share> wape(WideCents absolute_error, WideCents actual) noexcept;

// (sum expected - sum actual) / sum actual; above 0 where too much was forecast.
[[nodiscard]] std::optional<Share> bias(WideCents expected, WideCents actual) noexcept;

// 1 - error / error of the naive line: 1 is perfect, 0 no better than the naive line, below 0 worse. Unknown where
// the naive line made no error.
[[nodiscard]] std::optional<Share> skill(WideCents absolute_error, WideCents naive_error) noexcept;

}  // namespace pipeline_forecast
