// A number as it stands in a file, taken apart: sign, currency, percent, thousands or millions, and the digits with
// their marks, before it is known which mark is the decimal one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/import/currency.hpp"

namespace pipeline_forecast {

// An exact decimal number: digits * 10^-scale, negative or not.
class PlainDecimal {
public:
    static constexpr std::size_t kMostDigits = 38;

    // False where there is no room for it.
    [[nodiscard]] bool push(char digit) noexcept;
    void end_whole_part() noexcept { whole_ = count_; }
    void shift(int power) noexcept { power_ += power; }
    void negate() noexcept { negative_ = !negative_; }

    // Rounded half away from zero to so many decimals; empty beyond 10^17, where 64 bits end.
    [[nodiscard]] std::optional<std::int64_t> scaled(int decimals) const noexcept;
    // As PostgreSQL's numeric reads it: "-1234.5".
    [[nodiscard]] std::string text() const;
    [[nodiscard]] double approximate() const noexcept;

private:
    std::array<char, kMostDigits> digits_{};
    std::size_t count_ = 0;
    std::size_t whole_ = kMostDigits + 1;  // digits before the decimal mark; more than there are without one
    int power_ = 0;
    bool negative_ = false;
};

class WrittenNumber {
public:
    // Takes: a sign before or behind, accountants' brackets, a currency before or behind, a percent sign, blanks of all
    // kinds, thousands by point, comma, blank or apostrophe (also in Indian groups), K, M, bn, Mio, Mrd, mln, tys,
    // exponents, and the ",-" of round amounts. Empty for everything else, such as lists, NaN and infinity.
    [[nodiscard]] static std::optional<WrittenNumber> parse(std::string_view text);

    // Empty where it is no number with this decimal mark.
    [[nodiscard]] std::optional<PlainDecimal> with_mark(char decimal_mark) const noexcept;

    // It has a point or a comma, so that the decimal mark matters.
    [[nodiscard]] bool has_mark() const noexcept { return has_mark_; }
    // The mark that groups thousands where the decimal mark is the given one; empty where nothing is grouped.
    [[nodiscard]] std::string_view thousands_mark(char decimal_mark) const noexcept;

    [[nodiscard]] bool is_percent() const noexcept { return is_percent_; }
    [[nodiscard]] const std::optional<Currency> &currency() const noexcept { return currency_; }

private:
    std::string_view core_;  // the digits with their marks
    std::optional<Currency> currency_;
    int power_ = 0;
    bool negative_ = false;
    bool is_percent_ = false;
    bool has_mark_ = false;
};

}  // namespace pipeline_forecast
