#include "core/accuracy.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

constexpr std::int64_t kOne = 1'000'000;

// A difference of two amounts need not fit 64 bits.
std::optional<Share> wide_share(__int128 part, std::int64_t whole) noexcept {
    if (whole <= 0) return std::nullopt;
    const __int128 half = whole / 2;
    const __int128 scaled = part * kOne;
    const __int128 rounded = (scaled >= 0 ? scaled + half : scaled - half) / whole;
    const __int128 limit = kLargestShare.e6;
    return Share{static_cast<std::int64_t>(std::clamp(rounded, -limit, limit))};
}

__int128 difference(Money left, Money right) noexcept { return static_cast<__int128>(left.cents) - right.cents; }

}  // namespace

std::optional<Share> share(std::int64_t part, std::int64_t whole) noexcept { return wide_share(part, whole); }

std::optional<Share> wape(Money absolute_error, Money actual) noexcept {
    return share(absolute_error.cents, actual.cents);
}

std::optional<Share> bias(Money expected, Money actual) noexcept {
    return wide_share(difference(expected, actual), actual.cents);
}

std::optional<Share> skill(Money absolute_error, Money naive_error) noexcept {
    return wide_share(difference(naive_error, absolute_error), naive_error.cents);
}

}  // namespace pipeline_forecast
