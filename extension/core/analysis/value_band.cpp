#include "core/analysis/value_band.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

ValueBand value_band(std::optional<Money> new_enquiry_value) noexcept {
    const Money value = new_enquiry_value.value_or(Money{});
    const auto last = kValueBands.end() - 1;
    return std::find_if(kValueBands.begin(), last,
                        [value](const ValueBandRule &rule) { return value.cents <= rule.up_to.cents; })
        ->band;
}

std::string_view to_string(ValueBand band) noexcept { return kValueBands[static_cast<std::size_t>(band)].name; }

}  // namespace pipeline_forecast::analysis
