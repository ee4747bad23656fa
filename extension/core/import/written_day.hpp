// A day as it stands in a file, taken apart: its numbers and words, before it is known in which order they are meant.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/calendar.hpp"

namespace pipeline_forecast {

// The order of a column's days; what tells them apart is kept out of it: separators, widths, times behind the day.
enum class DayOrder {
    kYearFirst,   // 2026-03-21, 2026/3/21 14:05
    kDayFirst,    // 21.03.2026, 21/3/26
    kMonthFirst,  // 03/21/2026, 3/21/26 2:05 PM
    kCompact,     // 20260321
    kExcel,       // 46102, days since 1899-12-30
    kUnix,        // 1774051200, seconds since 1970
    kUnixMillis,  // 1774051200000
};
inline constexpr std::size_t kDayOrders = 7;

struct DayPart {
    unsigned number = 0;
    unsigned width = 0;  // digits; 0 where it is a month's name
};

class WrittenDay {
public:
    // Takes a weekday before and a time of day behind it: with and without seconds and fractions, with twelve hours, an
    // offset or the name of a zone. The day is the one that is written, wherever the zone is. Empty where the text is
    // nothing of the kind.
    [[nodiscard]] static std::optional<WrittenDay> parse(std::string_view text);

    // Empty where the numbers make no day of the years 1900 to 9999 in this order. A month by name fits every order of
    // three parts, and a two-digit year is one of 1970 to 2069.
    [[nodiscard]] std::optional<Day> in_order(DayOrder order) const;

    // The numbers in front and behind of a day whose year has two digits and may be either of them.
    [[nodiscard]] std::optional<std::pair<unsigned, unsigned>> short_year_ends() const;

    // One number alone, such as 20260321 or 46102.
    [[nodiscard]] bool is_one_number() const noexcept { return width_ > 0; }

private:
    WrittenDay() = default;
    explicit WrittenDay(const std::array<DayPart, 3> &parts) noexcept : parts_(parts) {}
    WrittenDay(std::uint64_t number, unsigned width) noexcept : number_(number), width_(width) {}

    [[nodiscard]] std::optional<Day> of_parts(std::size_t year, std::size_t month, std::size_t day) const;
    [[nodiscard]] std::optional<Day> of_named_month(std::size_t month) const;
    [[nodiscard]] std::optional<Day> of_number(DayOrder order) const;

    std::array<DayPart, 3> parts_{};
    std::uint64_t number_ = 0;
    unsigned width_ = 0;  // digits of the one number; 0 where there are three parts
};

}  // namespace pipeline_forecast
