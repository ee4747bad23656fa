#include "core/decode.hpp"

#include <algorithm>
#include <array>

#include "core/input_error.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

constexpr std::array<std::string_view, 5> kCurrencySigns{"£", "$", "€", "¥", "₹"};
// UTF-8 of the no-break space and the narrow no-break space, which spreadsheets put between thousands.
constexpr std::array<std::string_view, 6> kThousandsSeparators{",", ".", " ", "'", "\u00a0", "\u202f"};

bool is_digit(char character) { return character >= '0' && character <= '9'; }

bool is_blank(char character) {
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

// The text without the sign of a currency at its front or back.
std::string_view without_currency(std::string_view text) {
    for (const std::string_view sign : kCurrencySigns) {
        if (text.starts_with(sign)) return trimmed(text.substr(sign.size()));
        if (text.ends_with(sign)) return trimmed(text.substr(0, text.size() - sign.size()));
    }
    return text;
}

// The digits of a whole number that may be grouped in threes by one separator other than the decimal mark; empty where
// it is neither.
std::string ungrouped(std::string_view text, char decimal_mark) {
    std::string digits;
    std::string_view separator;
    std::size_t group = 0;
    while (!text.empty()) {
        if (is_digit(text.front())) {
            digits += text.front();
            text.remove_prefix(1);
            ++group;
            continue;
        }
        std::string_view found;
        for (const std::string_view candidate : kThousandsSeparators) {
            if (text.starts_with(candidate) && candidate.front() != decimal_mark) found = candidate;
        }
        const bool is_first = separator.empty();
        const bool group_fits = is_first ? group >= 1 && group <= 3 : group == 3;
        if (found.empty() || !group_fits || (!is_first && found != separator)) return {};
        separator = found;
        group = 0;
        text.remove_prefix(found.size());
    }
    return separator.empty() || group == 3 ? digits : std::string{};
}

bool all_digits(std::string_view text) {
    for (const char character : text) {
        if (!is_digit(character)) return false;
    }
    return true;
}

struct Digits {
    unsigned number = 0;
    std::size_t count = 0;
};

Digits leading_digits(std::string_view text, std::size_t most) {
    Digits digits;
    while (digits.count < most && digits.count < text.size() && is_digit(text[digits.count])) {
        digits.number = digits.number * 10 + static_cast<unsigned>(text[digits.count] - '0');
        ++digits.count;
    }
    return digits;
}

// A time of day in UTC: with another offset the day itself could be another one.
bool is_time_of_day(std::string_view text) {
    if (text.empty() || (text.front() != ' ' && text.front() != 'T')) return false;
    text.remove_prefix(1);
    for (const std::string_view utc : {"Z", "+00:00", "+00"}) {
        if (text.ends_with(utc)) {
            text.remove_suffix(utc.size());
            break;
        }
    }
    return !text.empty() && text.find_first_not_of("0123456789:.") == std::string_view::npos;
}

// The number that the next `width` digits make, taken off the text; empty where they are no digits or above `most`.
std::optional<unsigned> take_number(std::string_view &text, std::size_t width, unsigned most) {
    const Digits digits = leading_digits(text, width);
    if (digits.count != width || digits.number > most) return std::nullopt;
    text.remove_prefix(width);
    return digits.number;
}

bool take(std::string_view &text, char expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(1);
    return true;
}

// "Z", "+02:00", or nothing.
bool is_utc_offset(std::string_view text) {
    if (text.empty() || text == "Z") return true;
    if (!take(text, '+') && !take(text, '-')) return false;
    return take_number(text, 2, 14) && take(text, ':') && take_number(text, 2, 59) && text.empty();
}

bool starts_with_part(std::string_view format) {
    return format.starts_with("YYYY") || format.starts_with("MM") || format.starts_with("DD");
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

Decoded<std::string> decode_number(std::string_view text, char decimal_mark) {
    const auto refused = [] { return Decoded<std::string>::refused("not a plain decimal number"); };

    const std::string_view whole_text = trimmed(text);
    std::string_view rest = without_currency(whole_text);
    const bool had_currency = rest.size() != whole_text.size();
    bool negative = false;
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
        negative = rest.front() == '-';
        rest = trimmed(rest.substr(1));
        if (!had_currency) rest = without_currency(rest);
    }
    const std::size_t point = rest.find(decimal_mark);
    const bool has_point = point != std::string_view::npos;
    const std::string whole = ungrouped(rest.substr(0, point), decimal_mark);
    const std::string_view fraction = has_point ? rest.substr(point + 1) : std::string_view{};
    const bool starts_with_point = has_point && point == 0;
    if (!all_digits(fraction) || (has_point && fraction.empty()) || (whole.empty() && !starts_with_point)) {
        return refused();
    }
    std::string number = negative ? "-" : "";
    number += whole.empty() ? "0" : whole;
    if (has_point) number.append(".").append(fraction);
    return Decoded<std::string>::of(std::move(number));
}

void require_day_format(std::string_view format) {
    for (const std::string_view part : {"YYYY", "MM", "DD"}) {
        const std::size_t first = format.find(part);
        if (first == std::string_view::npos || format.find(part, first + part.size()) != std::string_view::npos) {
            throw InputError(kInvalidParameter, "invalid date format \"" + std::string(format) + "\"",
                             "A date format has YYYY, MM and DD once each, for example DD/MM/YYYY.");
        }
    }
}

Decoded<Day> decode_day(std::string_view text, std::string_view format) {
    const auto refused = [whole_format = format] {
        return Decoded<Day>::refused("not a day in the format " + std::string(whole_format));
    };

    std::string_view rest = trimmed(text);
    const bool takes_time = format == kIsoFormat;
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    struct Part {
        std::string_view token;
        std::size_t least;
        unsigned *number;
    };
    const std::array<Part, 3> parts{{{"YYYY", 4, &year}, {"MM", 1, &month}, {"DD", 1, &day}}};
    bool follows_part = false;
    while (!format.empty()) {
        const auto part = std::ranges::find_if(parts, [&](const Part &p) { return format.starts_with(p.token); });
        if (part == parts.end()) {
            if (rest.empty() || rest.front() != format.front()) return refused();
            rest.remove_prefix(1);
            format.remove_prefix(1);
            follows_part = false;
            continue;
        }
        format.remove_prefix(part->token.size());
        const Digits digits = leading_digits(rest, part->token.size());
        // Parts that touch each other have full width: nothing else tells where one ends.
        const bool touches = follows_part || starts_with_part(format);
        const std::size_t least = touches ? part->token.size() : part->least;
        follows_part = true;
        if (digits.count < least) return refused();
        *part->number = digits.number;
        rest.remove_prefix(digits.count);
    }
    if (!rest.empty() && !(takes_time && is_time_of_day(rest))) return refused();

    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)}, std::chrono::month{month},
                                           std::chrono::day{day}};
    if (!date.ok()) return Decoded<Day>::refused("no such day in the calendar");
    if (!is_plausible(Day{date})) return Decoded<Day>::refused("day before " + to_iso(kFirstDay).substr(0, 4));
    return Decoded<Day>::of(Day{date});
}

Decoded<std::string> decode_moment(std::string_view text) {
    const std::string_view whole = trimmed(text);
    std::string_view rest = whole;
    const auto refused = [] { return Decoded<std::string>::refused("not a moment in ISO 8601"); };
    constexpr std::size_t kDateLength = 10;
    if (rest.size() <= kDateLength || !decode_day(rest.substr(0, kDateLength)).value) return refused();
    rest.remove_prefix(kDateLength);
    if (!take(rest, 'T') && !take(rest, ' ')) return refused();
    if (!take_number(rest, 2, 23) || !take(rest, ':') || !take_number(rest, 2, 59) || !take(rest, ':') ||
        !take_number(rest, 2, 59)) {
        return refused();
    }
    if (take(rest, '.')) {
        constexpr std::size_t kMostDecimals = 9;
        const std::size_t decimals = leading_digits(rest, kMostDecimals).count;
        if (decimals == 0) return refused();
        rest.remove_prefix(decimals);
    }
    if (!is_utc_offset(rest)) return refused();
    return Decoded<std::string>::of(std::string(whole) + (rest.empty() ? "Z" : ""));
}

}  // namespace pipeline_forecast
