// Days and months. A Day counts days since 1970-01-01 in the proleptic Gregorian calendar, always in UTC.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pipeline_forecast {

using Day = std::chrono::sys_days;

// The span that reports can show (Power BI's date type); anything outside is taken for a typing error.
inline constexpr Day kFirstDay = std::chrono::year{1900} / 1 / 1;
inline constexpr Day kLastDay = std::chrono::year{9999} / 12 / 31;

[[nodiscard]] constexpr bool is_plausible(Day day) noexcept { return day >= kFirstDay && day <= kLastDay; }

[[nodiscard]] constexpr Day month_start(Day day) noexcept {
    const std::chrono::year_month_day date{day};
    return date.year() / date.month() / 1;
}

// ISO 8601, "2026-11-24".
[[nodiscard]] std::string to_iso(Day day);

}  // namespace pipeline_forecast
