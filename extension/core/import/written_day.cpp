#include "core/import/written_day.hpp"

#include <algorithm>

#include "core/import/calendar_words.hpp"
#include "core/import/letters.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

constexpr unsigned kFirstYearOfTwoDigits = 70;
constexpr Day kExcelEpoch = std::chrono::year{1899} / 12 / 30;
constexpr unsigned kMostDigits = 15;
constexpr unsigned kCompactWidth = 8;
// From 1927 to 2173.
constexpr unsigned kExcelWidth = 5;
constexpr std::uint64_t kSecondsPerDay = 86'400;
// More than a weekday, a day, a time and a zone have in any language.
constexpr std::size_t kLongestWrittenDay = 120;

// Reads a text from its front.
class Reader {
public:
    explicit Reader(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] char front() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

    bool take(char expected) noexcept {
        if (rest_.empty() || rest_.front() != expected) return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool take_any(std::string_view characters) noexcept {
        if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool take_spaces() noexcept {
        bool found = false;
        while (const std::size_t length = leading_space(rest_)) {
            rest_.remove_prefix(length);
            found = true;
        }
        return found;
    }

    // A number and how many digits it has, of which none are more than `most`; width 0 where there are none.
    struct Number {
        std::uint64_t value = 0;
        unsigned width = 0;
    };
    Number take_number(unsigned most) noexcept {
        Number number;
        while (number.width < most && is_ascii_digit(front())) {
            number.value = number.value * 10 + static_cast<std::uint64_t>(front() - '0');
            ++number.width;
            rest_.remove_prefix(1);
        }
        return number;
    }

    bool take_text(std::string_view expected) noexcept {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }

    // Letters of any script.
    std::string_view take_word() noexcept {
        std::size_t length = 0;
        while (length < rest_.size() &&
               (is_ascii_letter(rest_[length]) ||
                (static_cast<unsigned char>(rest_[length]) >= 0x80 && leading_space(rest_.substr(length)) == 0))) {
            ++length;
        }
        const std::string_view word = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return word;
    }

private:
    std::string_view rest_;
};

// The fraction of a number, up to the end of the text.
bool is_fraction(Reader reader) {
    return reader.take_any(".,") && reader.take_number(kMostDigits).width > 0 && reader.at_end();
}

bool take_two_digits(Reader &reader, std::uint64_t most) {
    const Reader::Number number = reader.take_number(2);
    return number.width == 2 && number.value <= most;
}

// "Z", "+02:00", "-0500", "+2", "UTC", "GMT+1", "CEST"; nothing at all is a zone as well.
bool take_zone(Reader &reader) {
    reader.take_spaces();
    const std::string_view name = reader.take_word();
    constexpr std::size_t kLongestZone = 5;
    if (name.size() > kLongestZone || !std::ranges::all_of(name, is_ascii_letter)) return false;
    if (!reader.take_any("+-")) return reader.at_end();
    const Reader::Number hours = reader.take_number(2);
    if (hours.width == 0 || hours.value > 14) return false;
    if ((reader.take(':') || is_ascii_digit(reader.front())) && !take_two_digits(reader, 59)) return false;
    reader.take_spaces();
    return reader.take_word().size() <= kLongestZone && reader.at_end();
}

// "AM", "p.m.", "a. m."
bool take_half_of_day(Reader &reader) {
    Reader ahead = reader;
    ahead.take_spaces();
    if (!ahead.take_any("aApP")) return false;
    ahead.take('.');
    ahead.take_spaces();
    if (!ahead.take_any("mM")) return false;
    ahead.take('.');
    reader = ahead;
    return true;
}

// A whole time of day up to the end of the text.
bool is_clock(Reader reader) {
    const Reader::Number hour = reader.take_number(6);
    if (hour.width == 4 || hour.width == 6) {
        // As in 20260321T084710Z.
        const std::uint64_t minutes = hour.width == 6 ? hour.value / 100 : hour.value;
        if (minutes / 100 > 23 || minutes % 100 > 59 || (hour.width == 6 && hour.value % 100 > 59)) return false;
        return take_zone(reader);
    }
    if (hour.width < 1 || hour.width > 2 || hour.value > 23) return false;
    bool has_minutes = false;
    if (reader.take_any(":.h")) {
        has_minutes = true;
        if (!take_two_digits(reader, 59)) return false;
        if (reader.take_any(":.")) {
            if (!take_two_digits(reader, 60)) return false;
            constexpr unsigned kMostDecimals = 9;
            if (reader.take_any(".,") && reader.take_number(kMostDecimals).width == 0) return false;
        }
    }
    const bool has_half = take_half_of_day(reader);
    if (has_half && (hour.value < 1 || hour.value > 12)) return false;
    if (!has_half && !has_minutes) return false;
    return take_zone(reader);
}

// What may stand between a day and its time.
bool is_rest_of_day(Reader reader) {
    reader.take('.');
    if (reader.at_end()) return true;
    bool apart = reader.take('T');
    while (reader.take_spaces() || reader.take(',')) apart = true;
    return reader.at_end() || (apart && is_clock(reader));
}

// Between the parts of a day: "/", "-", ".", ",", blanks, and the words of "12 de marzo de 2026" and "12th of March".
void take_separator(Reader &reader) {
    reader.take_spaces();
    reader.take_any("/-.");
    reader.take(',');
    reader.take_spaces();
    for (const std::string_view word : {"de ", "of ", "del "}) {
        if (reader.take_text(word)) break;
    }
    reader.take_spaces();
}

// "2nd", "1er", "1º".
void take_day_suffix(Reader &reader) {
    for (const std::string_view suffix : {"st", "nd", "rd", "th", "er", "º"}) {
        Reader ahead = reader;
        if (ahead.take_text(suffix) && ahead.take_word().empty()) {
            reader.take_text(suffix);
            return;
        }
    }
}

// "3 mars", "3. März".
bool begins_with_named_day(Reader reader) {
    constexpr unsigned kWidthOfDay = 2;
    if (reader.take_number(kWidthOfDay).width == 0) return false;
    take_day_suffix(reader);
    take_separator(reader);
    return month_named(reader.take_word()).has_value();
}

void take_weekday(Reader &reader) {
    Reader ahead = reader;
    const std::string_view word = ahead.take_word();
    if (!is_weekday(word)) return;
    ahead.take_text("-feira");
    ahead.take('.');
    ahead.take(',');
    ahead.take_spaces();
    // "mar" is Tuesday only where the month stands behind: "mar. 3 mars 2026".
    if (month_named(word) && !begins_with_named_day(ahead)) return;
    reader = ahead;
}

// Nothing else begins a day than a digit, or the letter of a weekday or a month.
bool may_be_day(std::string_view text) {
    if (text.empty() || text.size() > kLongestWrittenDay) return false;
    const char first = text.front();
    return is_ascii_digit(first) || is_ascii_letter(first) || static_cast<unsigned char>(first) >= 0x80;
}

// The number that all of a text is.
std::optional<unsigned> whole_number(std::string_view text) {
    unsigned number = 0;
    for (const char character : text) {
        if (!is_ascii_digit(character)) return std::nullopt;
        number = number * 10 + static_cast<unsigned>(character - '0');
    }
    return number;
}

// "2026-03-21", "21.03.2026": how most days are written, without any of what else is looked for.
std::optional<std::array<DayPart, 3>> plain_parts(std::string_view text) {
    constexpr std::size_t kPlainLength = 10;
    if (text.size() != kPlainLength) return std::nullopt;
    const std::array<unsigned, 3> widths =
        is_ascii_digit(text[2]) ? std::array<unsigned, 3>{4, 2, 2} : std::array<unsigned, 3>{2, 2, 4};
    std::array<DayPart, 3> parts;
    std::size_t at = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0 && std::string_view("/-.").find(text[at++]) == std::string_view::npos) return std::nullopt;
        const auto number = whole_number(text.substr(at, widths[i]));
        if (!number) return std::nullopt;
        parts[i] = {*number, widths[i]};
        at += widths[i];
    }
    return parts;
}

}  // namespace

std::optional<WrittenDay> WrittenDay::parse(std::string_view text) {
    text = stripped(text);
    if (!may_be_day(text)) return std::nullopt;
    if (const auto parts = plain_parts(text)) return WrittenDay(*parts);
    Reader reader(text);
    constexpr unsigned kWidthOfYear = 4;
    Reader ahead = reader;
    const Reader::Number number = ahead.take_number(kMostDigits);
    if (number.width > kWidthOfYear) {
        // 46102.5 is noon of a day, and 20260321 may have a clock; other numbers stand alone.
        const bool fits = ahead.at_end() || (number.width == kCompactWidth && is_rest_of_day(ahead)) ||
                          (number.width == kExcelWidth && is_fraction(ahead));
        return fits ? std::optional(WrittenDay(number.value, number.width)) : std::nullopt;
    }
    if (number.width == 0) take_weekday(reader);

    WrittenDay written;
    bool has_name = false;
    for (std::size_t i = 0; i < written.parts_.size(); ++i) {
        if (i > 0) take_separator(reader);
        if (is_ascii_digit(reader.front())) {
            const Reader::Number part = reader.take_number(kWidthOfYear);
            if (part.width == 3) return std::nullopt;
            written.parts_[i] = {static_cast<unsigned>(part.value), part.width};
            if (i < 2) take_day_suffix(reader);
            continue;
        }
        if (has_name || i == 2) return std::nullopt;
        const auto month = month_named(reader.take_word());
        if (!month) return std::nullopt;
        written.parts_[i] = {*month, 0};
        has_name = true;
    }
    return is_rest_of_day(reader) ? std::optional(written) : std::nullopt;
}

std::optional<Day> WrittenDay::in_order(DayOrder order) const {
    if (is_one_number()) return of_number(order);
    for (std::size_t i = 0; i < 2; ++i) {
        if (parts_[i].width != 0) continue;
        const bool known =
            order == DayOrder::kYearFirst || order == DayOrder::kDayFirst || order == DayOrder::kMonthFirst;
        return known ? of_named_month(i) : std::nullopt;
    }
    switch (order) {
        case DayOrder::kYearFirst: return of_parts(0, 1, 2);
        case DayOrder::kDayFirst: return of_parts(2, 1, 0);
        case DayOrder::kMonthFirst: return of_parts(2, 0, 1);
        default: return std::nullopt;
    }
}

std::optional<std::pair<unsigned, unsigned>> WrittenDay::short_year_ends() const {
    constexpr unsigned kShortYear = 2;
    if (is_one_number() || parts_[0].width != kShortYear || parts_[2].width != kShortYear || parts_[1].width == 0) {
        return std::nullopt;
    }
    return std::pair(parts_[0].number, parts_[2].number);
}

std::optional<Day> WrittenDay::of_named_month(std::size_t month) const {
    if (month == 0) return of_parts(2, 0, 1);
    // "12-Mar-26" begins with the day, "2026 March 12" with the year.
    return parts_[0].width == 4 ? of_parts(0, 1, 2) : of_parts(2, 1, 0);
}

std::optional<Day> WrittenDay::of_parts(std::size_t year_part, std::size_t month_part, std::size_t day_part) const {
    const DayPart &year = parts_[year_part];
    const DayPart &month = parts_[month_part];
    const DayPart &day = parts_[day_part];
    if ((year.width != 2 && year.width != 4) || month.width > 2 || day.width > 2) return std::nullopt;
    const unsigned whole_year =
        year.width == 4 ? year.number : year.number + (year.number < kFirstYearOfTwoDigits ? 2000 : 1900);
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(whole_year)},
                                           std::chrono::month{month.number}, std::chrono::day{day.number}};
    if (!date.ok() || !is_plausible(Day{date})) return std::nullopt;
    return Day{date};
}

std::optional<Day> WrittenDay::of_number(DayOrder order) const {
    const auto plausible = [](std::uint64_t days, Day epoch) -> std::optional<Day> {
        if (days > static_cast<std::uint64_t>((kLastDay - epoch).count())) return std::nullopt;
        const Day day = epoch + std::chrono::days{static_cast<int>(days)};
        return is_plausible(day) ? std::optional(day) : std::nullopt;
    };
    constexpr Day kUnixEpoch{};
    switch (order) {
        case DayOrder::kCompact: {
            if (width_ != kCompactWidth) return std::nullopt;
            const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(number_ / 10'000)},
                                                   std::chrono::month{static_cast<unsigned>(number_ / 100 % 100)},
                                                   std::chrono::day{static_cast<unsigned>(number_ % 100)}};
            return date.ok() && is_plausible(Day{date}) ? std::optional(Day{date}) : std::nullopt;
        }
        case DayOrder::kExcel: return width_ == kExcelWidth ? plausible(number_, kExcelEpoch) : std::nullopt;
        case DayOrder::kUnix:
            return width_ == 9 || width_ == 10 ? plausible(number_ / kSecondsPerDay, kUnixEpoch) : std::nullopt;
        case DayOrder::kUnixMillis:
            return width_ == 12 || width_ == 13 ? plausible(number_ / (kSecondsPerDay * 1000), kUnixEpoch)
                                                : std::nullopt;
        default: return std::nullopt;
    }
}

}  // namespace pipeline_forecast
