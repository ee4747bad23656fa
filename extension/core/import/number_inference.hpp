// How all numbers of a column are written: its decimal mark, its currency, and the scale of percentages.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/import/written_number.hpp"

namespace pipeline_forecast {

struct NumberFinding {
    std::optional<char> decimal_mark;  // empty where the values do not tell, or contradict each other
    bool is_ambiguous = false;         // 1.234 may be a thousand or one and a bit
    bool is_mixed = false;             // some values can be read with one mark only, and some with the other only
    std::int64_t known = 0;            // values that are numbers, with the mark where there is one
    std::string thousands_mark;
    std::string example;   // of what is ambiguous
    std::string evidence;  // a value that only this mark reads
    std::vector<std::string> currencies;
    std::int64_t percent_signs = 0;
    // 1 where all numbers are within 0 and 1, 100 otherwise; empty where they are 0 and 1 alone.
    std::optional<int> percent_scale;
};

// Takes values one by one in bounded memory.
class NumberInference {
public:
    // True where the text is a number with either mark.
    bool add(std::string_view text);
    // With the mark that a mapping or the rest of the file states.
    [[nodiscard]] NumberFinding result(std::optional<char> stated_mark = std::nullopt) const;

private:
    // What holds if the decimal mark is the point, or the comma.
    struct Reading {
        std::int64_t only = 0;  // values that this mark alone reads
        std::string evidence;
        std::string thousands_mark;
        double largest = 0;
        std::int64_t within_unit = 0;  // above 0 and below 1
        std::int64_t ones = 0;
    };
    static constexpr std::array<char, 2> kMarks{'.', ','};
    static constexpr std::size_t kMostCurrencies = 8;

    void note_currency(const Currency &currency);

    std::array<Reading, kMarks.size()> readings_;
    std::int64_t both_ = 0;
    std::int64_t differing_ = 0;
    std::string example_;
    std::vector<Currency> currencies_;
    std::int64_t percent_signs_ = 0;
};

}  // namespace pipeline_forecast
