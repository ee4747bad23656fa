// Size classes of the enquiry value.
#pragma once

#include <optional>
#include <string_view>

#include "core/fixed_point.hpp"

namespace pipeline_forecast::analysis {

enum class ValueBand { kZero, kSmall, kMedium, kLarge, kXLarge };

// Upper bounds are inclusive: 15,000.00 is small, 15,000.01 is medium. Unknown, zero and negative values are kZero.
[[nodiscard]] ValueBand value_band(std::optional<Money> new_enquiry_value) noexcept;

// The names that reports show, such as "Small (<15k)".
[[nodiscard]] std::string_view to_string(ValueBand band) noexcept;

}  // namespace pipeline_forecast::analysis
