// Names of months and days of the week in English, German, French, Spanish, Portuguese, Dutch, Polish, Italian and
// Hebrew, whole and shortened.
#pragma once

#include <optional>
#include <string_view>

namespace pipeline_forecast {

// 1 to 12, of a word without its final point: "March", "mrz", "févr", "października". Three letters are enough where
// they begin the names of one month only.
[[nodiscard]] std::optional<unsigned> month_named(std::string_view word);

[[nodiscard]] bool is_weekday(std::string_view word);

}  // namespace pipeline_forecast
