// The two ways in which a project ends: every rate is one of either.
#pragma once

#include <array>
#include <cstddef>

namespace pipeline_forecast::outlook {

enum class Cause { kWon, kLost };

inline constexpr std::array kCauses{Cause::kWon, Cause::kLost};

// One figure for each cause.
template <typename Value>
struct ByCause {
    Value won{};
    Value lost{};

    [[nodiscard]] constexpr Value &operator[](Cause cause) noexcept { return cause == Cause::kWon ? won : lost; }
    [[nodiscard]] constexpr const Value &operator[](Cause cause) const noexcept {
        return cause == Cause::kWon ? won : lost;
    }
};

}  // namespace pipeline_forecast::outlook
