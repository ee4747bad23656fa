// Numbers in the words of rules and refusals. A rule is printed from the constants that it is made of, so it is shown
// with every digit that the constant has.
#pragma once

#include <cstdint>
#include <string>

#include "core/fixed_point.hpp"

namespace pipeline_forecast {

// A scaled integer with all its decimals: (30000, 5) is "0.30000".
[[nodiscard]] std::string decimal_text(std::int64_t scaled, int scale);

// Rounded to so many decimals; number must be finite.
[[nodiscard]] std::string fixed_text(double number, int decimals);

// With the fewest digits that tell it from any other number, but at least so many decimals: "0.30", "1.3", "730".
[[nodiscard]] std::string exact_text(double number, int least_decimals = 0);
[[nodiscard]] std::string exact_text(Rate rate);  // at least two decimals

// In groups of three: "10,000,000,000"; number >= 0.
[[nodiscard]] std::string grouped_text(std::int64_t number);

}  // namespace pipeline_forecast
