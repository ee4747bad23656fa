// Rates of winning and losing a day, and the factors of groups on them: ratios of what was observed to what all else
// made one expect, each shrunk by kappa events.
#pragma once

#include <cstddef>

#include "core/outlook/exposure.hpp"
#include "core/outlook/history.hpp"
#include "core/outlook/landmarks.hpp"
#include "core/outlook/model.hpp"
#include "core/outlook/open_project.hpp"
#include "core/outlook/settings.hpp"

namespace pipeline_forecast::outlook {

// The prior rate of a cause a day: prior_win or the rest, within prior_days.
[[nodiscard]] double prior_rate(const Settings &settings, Cause cause) noexcept;

// Factors whose group does not change while time passes after the landmark.
[[nodiscard]] constexpr bool is_fixed(FactorKind kind) noexcept {
    return kind != FactorKind::kStatedDate && kind != FactorKind::kStageBand;
}

// The group of a project, of a fixed factor.
[[nodiscard]] std::size_t fixed_group(FactorKind kind, const OpenProject &project) noexcept;

[[nodiscard]] constexpr std::size_t stage_band_group(std::size_t stage, std::size_t band) noexcept {
    return stage * kBands + band;
}

// The product of the fixed factors.
[[nodiscard]] ByCause<double> fixed_product(const Model &model, const OpenProject &project) noexcept;

// Sets base, factors and redundancy.
void fit_factors(Model &model, const History &history, const Landmarks &landmarks, const Cells &cells,
                 const Settings &settings);

}  // namespace pipeline_forecast::outlook
