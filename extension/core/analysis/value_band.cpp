#include "core/analysis/value_band.hpp"

#include <array>
#include <cstddef>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

ValueBand value_band(std::optional<Money> new_enquiry_value) noexcept {
    const Money value = new_enquiry_value.value_or(Money{});
    if (value.cents <= 0) return ValueBand::kZero;
    if (value.cents <= 15'000'00) return ValueBand::kSmall;
    if (value.cents <= 40'000'00) return ValueBand::kMedium;
    if (value.cents <= 100'000'00) return ValueBand::kLarge;
    return ValueBand::kXLarge;
}

std::string_view to_string(ValueBand band) noexcept {
    constexpr std::array<std::string_view, 5> kNames{"Zero", "Small (<15k)", "Medium (15-40k)", "Large (40-100k)",
                                                     "XLarge (>100k)"};
    return kNames[static_cast<std::size_t>(band)];
}

}  // namespace pipeline_forecast::analysis
