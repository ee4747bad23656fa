#include "core/accuracy.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

constexpr std::int64_t kOne = 1'000'000;

// Sums up to 10^28, and the millionths of one, fit 128 bits.
std::optional<Share> wide_share(WideCents part, WideCents whole) noexcept {
    if (whole <= 0) return std::nullopt;
    const __int128 rounded = divide_rounded(static_cast<__int128>(part) * kOne, whole);
    const __int128 limit = kLargestShare.e6;
    return Share{static_cast<std::int64_t>(std::clamp(rounded, -limit, limit))};
}

}  // namespace

std::optional<Share> share(std::int64_t part, std::int64_t whole) noexcept { return wide_share(part, whole); }

std::optional<Share> wape(WideCents absolute_error, WideCents actual) noexcept {
    return wide_share(absolute_error, actual);
}

std::optional<Share> bias(WideCents expected, WideCents actual) noexcept {
    return wide_share(expected - actual, actual);
}

std::optional<Share> skill(WideCents absolute_error, WideCents naive_error) noexcept {
    return wide_share(naive_error - absolute_error, naive_error);
}

}  // namespace pipeline_forecast
