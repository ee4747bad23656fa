// Size classes of the enquiry value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/fixed_point.hpp"

namespace pipeline_forecast::analysis {

enum class ValueBand { kZero, kSmall, kMedium, kLarge, kXLarge };

struct ValueBandRule {
    ValueBand band;
    std::string_view name;  // as reports show it
    Money up_to;            // inclusive; without meaning for the last band
};

// Ascending, by ValueBand. Unknown, zero and negative values are in the first.
inline constexpr std::array<ValueBandRule, 5> kValueBands{{
    {ValueBand::kZero, "Zero", Money{0}},
    {ValueBand::kSmall, "Small (<15k)", Money{15'000'00}},
    {ValueBand::kMedium, "Medium (15-40k)", Money{40'000'00}},
    {ValueBand::kLarge, "Large (40-100k)", Money{100'000'00}},
    {ValueBand::kXLarge, "XLarge (>100k)", Money{kMoneyLimitCents}},
}};

// 15,000.00 is small, 15,000.01 is medium.
[[nodiscard]] ValueBand value_band(std::optional<Money> new_enquiry_value) noexcept;

// The names that reports show, such as "Small (<15k)".
[[nodiscard]] std::string_view to_string(ValueBand band) noexcept;

}  // namespace pipeline_forecast::analysis
