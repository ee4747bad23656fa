#include "core/analysis/outcome.hpp"

#include <algorithm>
#include <cstddef>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

std::optional<Outcome> parse_outcome(std::string_view name) noexcept {
    const auto found = std::ranges::find(kOutcomeNames, name);
    if (found == kOutcomeNames.end()) return std::nullopt;
    return kOutcomes[static_cast<std::size_t>(found - kOutcomeNames.begin())];
}

std::string_view to_string(Outcome outcome) noexcept { return kOutcomeNames[static_cast<std::size_t>(outcome)]; }

}  // namespace pipeline_forecast::analysis
