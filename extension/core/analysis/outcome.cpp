#include "core/analysis/outcome.hpp"

#include <array>
#include <cstddef>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

std::optional<Outcome> parse_outcome(std::string_view name) noexcept {
    if (name == "open") return Outcome::kOpen;
    if (name == "won") return Outcome::kWon;
    if (name == "lost") return Outcome::kLost;
    return std::nullopt;
}

std::string_view to_string(Outcome outcome) noexcept {
    constexpr std::array<std::string_view, 3> kNames{"open", "won", "lost"};
    return kNames[static_cast<std::size_t>(outcome)];
}

}  // namespace pipeline_forecast::analysis
