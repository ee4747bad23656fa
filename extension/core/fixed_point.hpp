// Money and rates as exact integers. Money counts cents, a rate counts hundred-thousandths, which is every digit
// that the tables keep (numeric(16,2) and numeric(6,5)). Nothing here touches floating point.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/limits.hpp"

namespace pipeline_forecast {

// Sums of money reach further than the money of one project: beyond 64 bits from a thousand of the largest on. Aligned
// as the memory of the server is.
__extension__ using WideCents __attribute__((aligned(8))) = __int128;

struct Money {
    std::int64_t cents = 0;

    friend constexpr bool operator==(Money, Money) = default;
};

struct Rate {
    std::int64_t e5 = 0;

    friend constexpr bool operator==(Rate, Rate) = default;
};

inline constexpr int kMoneyScale = 2;
inline constexpr std::int64_t kCentsPerUnit = 100;
inline constexpr std::int64_t kMoneyLimitCents = kMoneyLimit * kCentsPerUnit;
inline constexpr int kRateScale = 5;
// Percentages carry three decimals, so that a hundredth of one is a whole number of rate units.
inline constexpr int kPercentScale = kRateScale - 2;
inline constexpr Rate kRateZero{0};
inline constexpr Rate kRateOne{100'000};

// Rounds half away from zero, as PostgreSQL's numeric does. divisor > 0; the sum of dividend and half of divisor fits.
template <typename Integer>
[[nodiscard]] constexpr Integer divide_rounded(Integer dividend, std::type_identity_t<Integer> divisor) noexcept {
    const Integer half = divisor / 2;
    return dividend >= 0 ? (dividend + half) / divisor : (dividend - half) / divisor;
}

[[nodiscard]] constexpr Rate clamp(Rate rate, Rate low, Rate high) noexcept {
    return rate.e5 < low.e5 ? low : rate.e5 > high.e5 ? high : rate;
}

// |money| < kMoneyLimitCents and 0 <= rate <= 1.
[[nodiscard]] constexpr Money multiply(Money money, Rate rate) noexcept {
    return Money{static_cast<std::int64_t>(divide_rounded(WideCents{money.cents} * rate.e5, kRateOne.e5))};
}

}  // namespace pipeline_forecast
