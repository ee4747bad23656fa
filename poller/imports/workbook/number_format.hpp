// What a number of a cell is shown as: an amount of a currency, a percentage, a day, a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace poller::imports {

struct NumberFormat {
    enum class Kind : std::uint8_t { kNumber, kPercent, kDay, kTime };

    Kind kind = Kind::kNumber;
    std::string currency;  // as it stands beside the number: "€", "CHF"; empty if none

    [[nodiscard]] bool operator==(const NumberFormat &) const = default;
};

// Of a code such as `dd/mm/yyyy`, `[$€-407] #,##0.00` or `0.0%`: by its first section, which is for positive numbers.
[[nodiscard]] NumberFormat parse_number_format(std::string_view code);

// Of one of the formats that files name by number alone.
[[nodiscard]] NumberFormat built_in_format(std::uint32_t id);

// Where day 1 is: 1 January 1900, in a calendar with a 29 February 1900, or 2 January 1904.
enum class DayCount : std::uint8_t { k1900, k1904 };

// A stored number as a list says it in text: "2031-08-14", "1234.5 EUR", "12%". What is no number stays as it is.
[[nodiscard]] std::string shown_number(std::string_view stored, const NumberFormat &format, DayCount count);

// A moment of ISO 8601 as a day where it is midnight, and otherwise with a blank before its time.
[[nodiscard]] std::string shown_moment(std::string_view iso);

}  // namespace poller::imports
