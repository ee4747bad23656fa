// Text from outside as exact values. What cannot be read is refused with a reason, never guessed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/calendar.hpp"

namespace pipeline_forecast {

template <typename Value>
struct Decoded {
    std::optional<Value> value;
    std::string reason;  // why there is no value, for a person to read

    [[nodiscard]] static Decoded of(Value value) { return {std::move(value), {}}; }
    [[nodiscard]] static Decoded refused(std::string reason) { return {std::nullopt, std::move(reason)}; }
};

// The text without white space at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

// A decimal number as canonical text ("-1234.5"). Allowed around the digits: blanks, a sign, one currency sign,
// thousands separators (blank, apostrophe, and the comma or, where the comma is the decimal mark, the point; in groups
// of three). Refused: (500), 12%, 1.2k, 1e5, NaN, infinity, lists.
[[nodiscard]] Decoded<std::string> decode_number(std::string_view text, char decimal_mark = '.');

// A day in the given format, made of YYYY, MM and DD once each and any separators; the default also takes a time of
// day (UTC) behind the date. Days before 1900 are refused.
inline constexpr std::string_view kIsoFormat = "YYYY-MM-DD";
[[nodiscard]] Decoded<Day> decode_day(std::string_view text, std::string_view format = kIsoFormat);

// A moment in ISO 8601 ("2026-03-21T08:47:10Z", with fractions and an offset where there are any) as text that
// PostgreSQL reads as the same moment; without an offset it is UTC.
[[nodiscard]] Decoded<std::string> decode_moment(std::string_view text);

// Throws InputError (22023) unless the format has YYYY, MM and DD once each.
void require_day_format(std::string_view format);

}  // namespace pipeline_forecast
