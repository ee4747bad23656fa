// The twelve calendar months that a run looks ahead. Moments are days since 1970-01-01 UTC with a fraction, months
// count from January 1970.
#pragma once

#include <array>
#include <cstddef>

#include "core/calendar.hpp"

namespace pipeline_forecast::outlook {

inline constexpr int kMonths = 12;
inline constexpr int kMonthsOfYear = 12;
inline constexpr int kMonthsOfQuarter = 3;

// Moments outside, 1900-01-01 to 2200-12-31, are taken for typing errors.
inline constexpr double kFirstMoment = -25'567.0;
inline constexpr double kEndOfMoments = 84'372.0;

[[nodiscard]] constexpr bool is_moment(double day) noexcept { return day >= kFirstMoment && day < kEndOfMoments; }

// One figure for each month ahead.
using Months = std::array<double, kMonths>;

[[nodiscard]] int month_of(double day) noexcept;
[[nodiscard]] double month_begin(int month) noexcept;
[[nodiscard]] Day month_day(int month) noexcept;
// January is 0.
[[nodiscard]] constexpr int month_of_year(int month) noexcept {
    return (month % kMonthsOfYear + kMonthsOfYear) % kMonthsOfYear;
}

// Month 0 is what is left of the origin's own month.
struct Horizon {
    double origin = 0.0;
    int first_month = 0;
    std::array<double, kMonths + 1> bounds{};  // days after the origin; the first is 0

    [[nodiscard]] static Horizon from(double origin) noexcept;
    // The month ahead that holds a moment so many days after the origin; kMonths for what lies beyond the last.
    [[nodiscard]] int month_ahead(double days) const noexcept;
};

}  // namespace pipeline_forecast::outlook
