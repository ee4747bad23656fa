// Why a project has the probability that it has, in steps of log-odds that add up to it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/outlook/horizon.hpp"
#include "core/outlook/model.hpp"
#include "core/outlook/open_project.hpp"

namespace pipeline_forecast::outlook {

// In the order in which they are switched on.
enum class Reason : std::uint8_t {
    kBase,
    kStage,
    kAge,
    kChange,
    kStatedDate,
    kPushes,
    kPercent,
    kType,
    kCategory,
    kValueBand,
    kOwner,
    kCalendar,
    kLevel,
};

inline constexpr std::size_t kReasons = 13;

// "base", "stage", "age in stage", ...
[[nodiscard]] std::string_view reason_name(Reason reason) noexcept;

// One figure for each reason, in their order. They sum to logit(p_won), p clipped to [1e-9, 1 - 1e-9].
using Explanation = std::array<double, kReasons>;

[[nodiscard]] Explanation explain(const Model &model, const OpenProject &project, const Horizon &horizon);

// The group of a factor that the project is in at the origin, by its number within Factor::groups.
[[nodiscard]] std::size_t group_of(FactorKind kind, const OpenProject &project, double origin) noexcept;

}  // namespace pipeline_forecast::outlook
