#include "core/outlook/horizon.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr int kEpochYear = 1970;

}  // namespace

int month_of(double day) noexcept {
    const Day whole{std::chrono::days{static_cast<int>(std::floor(day))}};
    const std::chrono::year_month_day date{whole};
    return (static_cast<int>(date.year()) - kEpochYear) * kMonthsOfYear +
           static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

Day month_day(int month) noexcept {
    return std::chrono::year_month{std::chrono::year{kEpochYear}, std::chrono::January} / 1 +
           std::chrono::months{month};
}

double month_begin(int month) noexcept { return static_cast<double>(month_day(month).time_since_epoch().count()); }

Horizon Horizon::from(double origin) noexcept {
    Horizon horizon{.origin = origin, .first_month = month_of(origin)};
    for (int month = 1; month <= kMonths; ++month) {
        horizon.bounds[static_cast<std::size_t>(month)] = month_begin(horizon.first_month + month) - origin;
    }
    return horizon;
}

int Horizon::month_ahead(double days) const noexcept {
    const auto *const above = std::upper_bound(bounds.begin() + 1, bounds.end(), days);
    return static_cast<int>(above - (bounds.begin() + 1));
}

}  // namespace pipeline_forecast::outlook
