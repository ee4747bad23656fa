#include "poller/imports/workbook/number_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

#include "poller/imports/records.hpp"

namespace poller::imports {
namespace {

using Kind = NumberFormat::Kind;

// Behind these digits a double is no longer what was typed.
constexpr int kTrueDigits = 15;
constexpr double kFirstUntrue = 1e15;
constexpr int kSecondsADay = 86'400;
// 31 December 9999.
constexpr double kLastSerial = 2'958'466;

constexpr std::array<std::string_view, 14> kCurrencySigns = {"$", "€", "£", "¥", "￥", "₹", "₽",
                                                             "₴", "₺", "₪", "₩", "₫",  "฿", "₱"};

[[nodiscard]] char lower(char character) noexcept {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

[[nodiscard]] bool is_code(std::string_view text) noexcept {
    return text.size() == 3 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// A text beside the number that names a currency; a unit, "days" or "kWh", is dressing.
[[nodiscard]] std::string_view currency_in(std::string_view literal) noexcept {
    const std::string_view text = trimmed_blanks(literal);
    const bool has_sign = std::ranges::any_of(
        kCurrencySigns, [&](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
    return has_sign || is_code(text) ? text : std::string_view();
}

// The parts of a section of a format code.
struct Section {
    std::string letters;  // placeholders, in lower case
    std::string literals;
    std::string currency;  // in brackets
    bool is_elapsed = false;
};

void take_bracket(std::string_view inside, Section &section) {
    if (inside.starts_with('$')) {
        section.currency = inside.substr(1, inside.find('-') - 1);
    } else if (!inside.empty() && std::ranges::all_of(inside, [&](char c) { return lower(c) == lower(inside[0]); }) &&
               std::string_view("hms").find(lower(inside[0])) != std::string_view::npos) {
        section.is_elapsed = true;
    }
}

[[nodiscard]] Section first_section(std::string_view code) {
    Section section;
    for (std::size_t at = 0; at < code.size() && code[at] != ';'; ++at) {
        const char character = code[at];
        if (character == '"' || character == '[') {
            const std::size_t end = std::min(code.find(character == '"' ? '"' : ']', at + 1), code.size());
            const std::string_view inside = code.substr(at + 1, end - at - 1);
            if (character == '"') {
                section.literals += inside;
            } else {
                take_bracket(inside, section);
            }
            at = end;
        } else if (character == '\\') {
            ++at;
            section.literals += at < code.size() ? code.substr(at, 1) : "";
        } else if (character == '_' || character == '*') {
            ++at;  // a blank as wide as the next character, or that one repeated
        } else if (character == '$' || static_cast<unsigned char>(character) >= 0x80) {
            section.literals += character;
        } else {
            section.letters += lower(character);
        }
    }
    return section;
}

[[nodiscard]] std::optional<double> number_in(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
    return is_number && !text.empty() ? std::optional(number) : std::nullopt;
}

// As it was typed: 0.1 and not 0.10000000000000001, 4711 and not 4711.0. With a point that nobody can take for a
// thousands mark.
[[nodiscard]] std::string plain_number(double number) {
    if (std::abs(number) >= kFirstUntrue || (number != 0 && std::abs(number) < 1e-12)) {
        return fmt::format("{:.{}E}", number, kTrueDigits - 1);
    }
    const std::string rounded = fmt::format("{:.{}e}", number, kTrueDigits - 1);
    const int exponent = number == 0 ? 0 : std::stoi(rounded.substr(rounded.find('e') + 1));
    std::string text = fmt::format("{:.{}f}", number, std::clamp(kTrueDigits - 1 - exponent, 0, 26));
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.') {
            text.pop_back();
        } else if (text.size() - text.find('.') == 4) {
            text += '0';
        }
    }
    return text;
}

[[nodiscard]] std::string time_text(int seconds) {
    return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

[[nodiscard]] std::string day_text(std::int64_t serial, DayCount count) {
    using std::chrono::days;
    constexpr std::chrono::sys_days kBefore1900 =
        std::chrono::sys_days(std::chrono::year(1899) / std::chrono::December / 30);
    constexpr std::chrono::sys_days kStart1904 =
        std::chrono::sys_days(std::chrono::year(1904) / std::chrono::January / 1);
    constexpr std::int64_t kDayThatNeverWas = 60;
    if (count == DayCount::k1900 && (serial == kDayThatNeverWas || serial == 0)) {
        return serial == 0 ? "1900-01-00" : "1900-02-29";
    }
    const bool is_early = count == DayCount::k1900 && serial < kDayThatNeverWas;
    const std::chrono::year_month_day day((count == DayCount::k1904 ? kStart1904 : kBefore1900) +
                                          days(serial + (is_early ? 1 : 0)));
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                       static_cast<unsigned>(day.day()));
}

[[nodiscard]] std::string shown_day(double number, Kind kind, DayCount count) {
    auto serial = static_cast<std::int64_t>(std::floor(number));
    auto seconds = static_cast<int>(std::lround((number - std::floor(number)) * kSecondsADay));
    if (seconds == kSecondsADay) {
        seconds = 0;
        ++serial;
    }
    if (kind == Kind::kTime && serial == 0) {
        return time_text(seconds);
    }
    return day_text(serial, count) + (seconds == 0 ? "" : " " + time_text(seconds));
}

}  // namespace

NumberFormat parse_number_format(std::string_view code) {
    const Section section = first_section(code);
    const auto has = [&](std::string_view any) { return section.letters.find_first_of(any) != std::string::npos; };
    NumberFormat format;
    if (section.letters.find("general") == std::string::npos && !section.is_elapsed) {
        const bool has_digits = has("0#?");
        if (has("yd") || (has("m") && !has("hs") && !has_digits) || (has("eg") && !has_digits)) {
            format.kind = Kind::kDay;
        } else if (has("hs")) {
            format.kind = Kind::kTime;
        } else if (has("%")) {
            format.kind = Kind::kPercent;
        }
    }
    if (format.kind == Kind::kNumber) {
        format.currency = section.currency.empty() ? std::string(currency_in(section.literals)) : section.currency;
    }
    return format;
}

NumberFormat built_in_format(std::uint32_t id) {
    const auto within = [id](std::uint32_t first, std::uint32_t last) { return id >= first && id <= last; };
    NumberFormat format;
    if (id == 9 || id == 10) {
        format.kind = Kind::kPercent;
    } else if (within(14, 17) || id == 22 || within(27, 31) || id == 36 || within(50, 54) || within(57, 58)) {
        format.kind = Kind::kDay;
    } else if (within(18, 21) || within(32, 35) || id == 45 || id == 47 || within(55, 56)) {
        format.kind = Kind::kTime;
    }
    return format;
}

std::string shown_number(std::string_view stored, const NumberFormat &format, DayCount count) {
    const std::optional<double> number = number_in(stored);
    if (!number) {
        return std::string(stored);
    }
    const bool is_moment = format.kind == Kind::kDay || format.kind == Kind::kTime;
    if (is_moment && *number >= 0 && *number < kLastSerial - (count == DayCount::k1904 ? 1462 : 0)) {
        return shown_day(*number, format.kind, count);
    }
    if (format.kind == Kind::kPercent) {
        return plain_number(*number * 100) + "%";
    }
    return plain_number(*number) + (format.currency.empty() ? "" : " " + format.currency);
}

std::string shown_moment(std::string_view iso) {
    constexpr std::size_t kDay = 10;
    std::string text(iso);
    if (text.size() > kDay && text[kDay] == 'T') {
        const std::string_view time = std::string_view(text).substr(kDay + 1);
        if (time.find_first_of("123456789") == std::string_view::npos) {
            return text.substr(0, kDay);
        }
        text[kDay] = ' ';
    }
    return text;
}

}  // namespace poller::imports
