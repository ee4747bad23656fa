// How an enquiry ended. The table of stages decides which stage means what; no stage name is compiled in.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace pipeline_forecast::analysis {

enum class Outcome { kOpen, kWon, kLost };

inline constexpr std::array<Outcome, 3> kOutcomes{Outcome::kOpen, Outcome::kWon, Outcome::kLost};
inline constexpr std::array<std::string_view, 3> kOutcomeNames{"open", "won", "lost"};

[[nodiscard]] std::optional<Outcome> parse_outcome(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;

}  // namespace pipeline_forecast::analysis
