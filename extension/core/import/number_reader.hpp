// Numbers of one column, read in the way that a mapping states or that was found in all its values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/decode.hpp"
#include "core/import/written_number.hpp"

namespace pipeline_forecast {

struct NumberFormat {
    char decimal_mark = '.';
    std::string thousands_mark;  // where it is stated, thousands are grouped by it or not at all
    int percent_scale = 100;     // 1 where 0.5 is fifty per cent
    std::string currency;        // where it is stated, amounts in others are refused
    // Into the currency of the forecast, in hundred-millionths; empty where nothing is converted.
    std::map<std::string, std::int64_t, std::less<>> rates_e8;
};

class NumberReader {
public:
    explicit NumberReader(NumberFormat format) : format_(std::move(format)) {}

    // A number as it stands.
    [[nodiscard]] Decoded<PlainDecimal> read(std::string_view text) const;
    // Cents of the forecast's currency.
    [[nodiscard]] Decoded<std::int64_t> read_cents(std::string_view text) const;
    // Thousandths of a percent.
    [[nodiscard]] Decoded<std::int64_t> read_percent_e3(std::string_view text) const;

private:
    struct Amount {
        PlainDecimal number;
        std::optional<Currency> currency;
        bool is_percent = false;
    };
    [[nodiscard]] Decoded<Amount> read_amount(std::string_view text) const;

    NumberFormat format_;
};

}  // namespace pipeline_forecast
