#include "core/import/written_number.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/import/letters.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

struct Magnitude {
    std::string_view word;
    int power;
};

// Compared in lower case; a longer one stands before those that it ends with.
constexpr std::array kMagnitudes{
    Magnitude{"million", 6}, Magnitude{"millionen", 6}, Magnitude{"mio.", 6},  Magnitude{"mio", 6},
    Magnitude{"mln.", 6},    Magnitude{"mln", 6},       Magnitude{"mill.", 6}, Magnitude{"mm", 6},
    Magnitude{"m", 6},       Magnitude{"billion", 9},   Magnitude{"mrd.", 9},  Magnitude{"mrd", 9},
    Magnitude{"mld", 9},     Magnitude{"bn", 9},        Magnitude{"b", 9},     Magnitude{"tsd.", 3},
    Magnitude{"tsd", 3},     Magnitude{"tys.", 3},      Magnitude{"tys", 3},   Magnitude{"mil", 3},
    Magnitude{"k", 3},
};

constexpr std::array<std::string_view, 4> kMinusSigns{"-", "\u2212", "\u2013", "\u2012"};
// What may stand between groups of thousands besides the point and the comma.
constexpr std::array<std::string_view, 7> kOtherMarks{" ", "\u00a0", "\u202f", "\u2009", "'", "\u2019", "_"};
constexpr std::array<std::string_view, 6> kRoundAmounts{",-", ",--", ".-", ".--", ",\u2013", ".\u2013"};
constexpr int kLargestExponent = 30;
// More than the longest number has with all that may stand around and between its digits.
constexpr std::size_t kLongestWrittenNumber = 160;

bool take_prefix(std::string_view &text, std::string_view prefix) noexcept {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool take_suffix(std::string_view &text, std::string_view suffix) noexcept {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

bool take_minus_before(std::string_view &text) noexcept {
    return std::ranges::any_of(kMinusSigns, [&](std::string_view sign) { return take_prefix(text, sign); });
}

bool take_minus_behind(std::string_view &text) noexcept {
    return std::ranges::any_of(kMinusSigns, [&](std::string_view sign) { return take_suffix(text, sign); });
}

std::size_t mark_length(std::string_view text) noexcept {
    const auto found = std::ranges::find_if(kOtherMarks, [&](std::string_view mark) { return text.starts_with(mark); });
    return found == kOtherMarks.end() ? 0 : found->size();
}

// "E+05" at the end, behind a digit.
std::optional<int> take_exponent(std::string_view &text) noexcept {
    const std::size_t e = text.find_last_of("eE");
    if (e == std::string_view::npos || e == 0 || !is_ascii_digit(text[e - 1])) return 0;
    std::string_view digits = text.substr(e + 1);
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    if (digits.empty() || digits.size() > 3 || !std::ranges::all_of(digits, is_ascii_digit)) return std::nullopt;
    int exponent = 0;
    for (const char digit : digits) exponent = exponent * 10 + (digit - '0');
    if (exponent > kLargestExponent) return std::nullopt;
    text = text.substr(0, e);
    return negative ? -exponent : exponent;
}

// The power of ten that the word at the end means, taken off together with the blanks before it.
int take_magnitude(std::string_view &text) {
    if (text.empty() || !(is_ascii_letter(text.back()) || text.back() == '.')) return 0;
    std::size_t begin = text.size();
    while (begin > 0 && (is_ascii_letter(text[begin - 1]) || text[begin - 1] == '.')) --begin;
    // The points of the digits are no part of the word.
    while (begin < text.size() && text[begin] == '.') ++begin;
    const std::string word = folded(text.substr(begin));
    const auto found = std::ranges::find(kMagnitudes, std::string_view(word), &Magnitude::word);
    if (found == kMagnitudes.end()) return 0;
    text = stripped(text.substr(0, begin));
    return found->power;
}

struct Groups {
    std::string_view separator;
    std::size_t digits_in_group = 0;
    std::size_t groups = 0;
    bool has_short_group = false;  // of two digits, as in India
};

// A group is over: the first has one to three digits and no leading zero, those between three or two.
bool ends_group(Groups &groups, std::string_view separator, char first_digit) noexcept {
    const std::size_t digits = groups.digits_in_group;
    if (groups.groups == 0) {
        if (digits < 1 || digits > 3 || first_digit == '0') return false;
        groups.separator = separator;
    } else if (separator != groups.separator || digits < 2 || digits > 3) {
        return false;
    }
    if (groups.groups > 0 && digits == 2) groups.has_short_group = true;
    if (groups.groups > 0 && digits == 3 && groups.has_short_group) return false;
    ++groups.groups;
    groups.digits_in_group = 0;
    return true;
}

}  // namespace

bool PlainDecimal::push(char digit) noexcept {
    if (count_ == kMostDigits) return false;
    // Leading zeros say nothing, unless they stand behind the mark.
    if (count_ == 0 && digit == '0' && whole_ > kMostDigits) return true;
    digits_[count_++] = digit;
    return true;
}

std::optional<std::int64_t> PlainDecimal::scaled(int decimals) const noexcept {
    constexpr std::int64_t kLimit = 100'000'000'000'000'000;
    const std::size_t whole = std::min(whole_, count_);
    // The number of digits, from the left, that stand before the last decimal which is kept.
    const int kept = static_cast<int>(whole) + power_ + decimals;
    std::int64_t number = 0;
    for (int i = 0; i < kept; ++i) {
        const bool given = static_cast<std::size_t>(i) < count_;
        if (number == 0 && !given) break;
        if (number >= kLimit / 10) return std::nullopt;
        number = number * 10 + (given ? digits_[static_cast<std::size_t>(i)] - '0' : 0);
    }
    if (kept >= 0 && static_cast<std::size_t>(kept) < count_ && digits_[static_cast<std::size_t>(kept)] >= '5')
        ++number;
    return negative_ ? -number : number;
}

std::string PlainDecimal::text() const {
    std::string digits(digits_.data(), count_);
    int point = static_cast<int>(std::min(whole_, count_)) + power_;
    if (point < 1) {
        digits.insert(0, static_cast<std::size_t>(1 - point), '0');
        point = 1;
    }
    if (static_cast<std::size_t>(point) > digits.size()) {
        digits.append(static_cast<std::size_t>(point) - digits.size(), '0');
    }
    if (static_cast<std::size_t>(point) < digits.size()) digits.insert(static_cast<std::size_t>(point), 1, '.');
    return negative_ ? "-" + digits : digits;
}

double PlainDecimal::approximate() const noexcept {
    double number = 0;
    for (std::size_t i = 0; i < count_; ++i) number = number * 10 + (digits_[i] - '0');
    const int power = power_ - static_cast<int>(count_ - std::min(whole_, count_));
    if (power != 0) number *= std::pow(10.0, power);
    return negative_ ? -number : number;
}

std::optional<WrittenNumber> WrittenNumber::parse(std::string_view text) {
    std::string_view rest = stripped(text);
    if (rest.empty() || rest.size() > kLongestWrittenNumber) return std::nullopt;
    WrittenNumber written;
    bool has_sign = false;
    // Most numbers are nothing but digits and a mark.
    if (!is_ascii_digit(rest.front())) {
        if (rest.front() == '(' && rest.back() == ')') {
            has_sign = written.negative_ = true;
            rest = stripped(rest.substr(1, rest.size() - 2));
        }
        for (bool found = true; found && !rest.empty() && !is_ascii_digit(rest.front());) {
            found = false;
            if (!has_sign && take_minus_before(rest)) {
                has_sign = written.negative_ = found = true;
            } else if (!has_sign && take_prefix(rest, "+")) {
                has_sign = found = true;
            } else if (!written.is_percent_ && take_prefix(rest, "%")) {
                written.is_percent_ = found = true;
            } else if (!written.currency_ && (written.currency_ = currency_before(rest))) {
                rest.remove_prefix(written.currency_->length);
                found = true;
            } else if (!has_sign && rest.front() == '(' && rest.back() == ')') {
                // "$(500)"
                has_sign = written.negative_ = found = true;
                rest = rest.substr(1, rest.size() - 2);
            }
            rest = stripped(rest);
        }
    }
    if (rest.empty()) return std::nullopt;
    for (bool found = true; found && !rest.empty() && !is_ascii_digit(rest.back());) {
        found = false;
        if (!written.is_percent_ && take_suffix(rest, "%")) {
            written.is_percent_ = found = true;
            // NOLINTNEXTLINE(bugprone-branch-clone): each branch takes something else away.
        } else if (std::ranges::any_of(kRoundAmounts, [&](std::string_view end) { return take_suffix(rest, end); })) {
            found = true;
        } else if (!has_sign && take_minus_behind(rest)) {
            has_sign = written.negative_ = found = true;
        } else if (const auto currency = currency_behind(rest)) {
            // "$1,200 USD" names one currency twice.
            if (written.currency_ && !written.currency_->same_as(*currency)) return std::nullopt;
            rest.remove_suffix(currency->length);
            if (!written.currency_ || written.currency_->name != written.currency_->usual_code) {
                written.currency_ = currency;
            }
            found = true;
        } else if (written.power_ == 0 && (written.power_ = take_magnitude(rest)) != 0) {
            found = true;
        }
        rest = stripped(rest);
    }
    const auto exponent = take_exponent(rest);
    if (!exponent || rest.empty()) return std::nullopt;
    written.power_ += *exponent;
    written.core_ = rest;
    written.has_mark_ = rest.find_first_of(".,") != std::string_view::npos;
    // With either mark it has to be a number; which one is the column's question.
    if (!written.with_mark('.') && !(written.has_mark_ && written.with_mark(','))) return std::nullopt;
    return written;
}

std::optional<PlainDecimal> WrittenNumber::with_mark(char decimal_mark) const noexcept {
    const char group_mark = decimal_mark == '.' ? ',' : '.';
    PlainDecimal number;
    Groups groups;
    std::string_view rest = core_;
    bool in_fraction = false;
    std::size_t fraction = 0;
    while (!rest.empty()) {
        const char character = rest.front();
        if (is_ascii_digit(character)) {
            if (!number.push(character)) return std::nullopt;
            ++(in_fraction ? fraction : groups.digits_in_group);
            rest.remove_prefix(1);
            continue;
        }
        if (in_fraction) return std::nullopt;
        if (character == decimal_mark) {
            in_fraction = true;
            number.end_whole_part();
            rest.remove_prefix(1);
            continue;
        }
        const std::size_t length = character == group_mark ? 1 : mark_length(rest);
        if (length == 0 || !ends_group(groups, rest.substr(0, length), core_.front())) return std::nullopt;
        rest.remove_prefix(length);
    }
    if (groups.groups > 0 && groups.digits_in_group != 3) return std::nullopt;
    if (in_fraction ? fraction == 0 : groups.digits_in_group == 0) return std::nullopt;
    number.shift(power_);
    if (negative_) number.negate();
    return number;
}

std::string_view WrittenNumber::thousands_mark(char decimal_mark) const noexcept {
    for (std::size_t i = 0; i < core_.size(); ++i) {
        if (is_ascii_digit(core_[i])) continue;
        if (core_[i] == decimal_mark) return {};
        if (core_[i] == '.' || core_[i] == ',') return core_.substr(i, 1);
        return core_.substr(i, mark_length(core_.substr(i)));
    }
    return {};
}

}  // namespace pipeline_forecast
