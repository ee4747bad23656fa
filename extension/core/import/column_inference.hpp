// What a column of a staging table holds, found in all its values in bounded memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/import/day_inference.hpp"
#include "core/import/number_inference.hpp"

namespace pipeline_forecast {

struct ColumnFinding {
    std::string_view kind;  // blank, text, day, number, percent or currency: what most values are
    std::int64_t value_count = 0;
    std::int64_t blank_count = 0;
    std::int64_t distinct_count = 0;  // exact up to a few hundred, else within some percent
    std::int64_t currency_count = 0;  // values that are the name of a currency
    std::vector<std::string> currency_names;
    std::vector<std::string> samples;
    std::vector<std::string> no_days;  // examples of values that are none
    std::vector<std::string> no_numbers;
    DayFinding day;
    NumberFinding number;
};

class ColumnInference {
public:
    // Blank is a text of white space alone.
    void add(std::string_view text);
    void add_blank() noexcept { ++blanks_; }
    // With the decimal mark that the rest of the file has, for values that do not tell.
    [[nodiscard]] ColumnFinding result(std::optional<char> mark_of_file = std::nullopt) const;
    // Of a column that is known to hold numbers with this mark.
    [[nodiscard]] NumberFinding numbers(char decimal_mark) const { return numbers_.result(decimal_mark); }

private:
    void note_distinct(std::string_view text);
    [[nodiscard]] std::int64_t distinct() const;

    std::int64_t values_ = 0;
    std::int64_t blanks_ = 0;
    std::int64_t currencies_ = 0;
    std::vector<std::string> currency_names_;
    std::vector<std::string> samples_;
    std::vector<std::string> no_days_;
    std::vector<std::string> no_numbers_;
    // The smallest hashes of the values, in order: how close they lie tells how many there are.
    std::vector<std::uint64_t> hashes_;
    DayInference days_;
    NumberInference numbers_;
};

}  // namespace pipeline_forecast
