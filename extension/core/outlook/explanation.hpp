// Why a project has the probability that it has, in steps of log-odds that add up to it.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "core/outlook/horizon.hpp"
#include "core/outlook/model.hpp"
#include "core/outlook/open_project.hpp"
#include "core/outlook/project_odds.hpp"
#include "core/outlook/reason.hpp"

namespace pipeline_forecast::outlook {

// One figure for each reason, in their order. They sum to logit(p_won), p clipped to [1e-9, 1 - 1e-9].
using Explanation = std::array<double, kReasons>;

// For any number of projects of one run; the model must outlive it.
class Explainer {
public:
    Explainer(const Model &model, const Horizon &horizon);
    Explainer(Model &&model, const Horizon &horizon) = delete;

    [[nodiscard]] Explanation explain(const OpenProject &project) const noexcept;

private:
    std::vector<OddsTable> tables_;  // with one more reason each
};

// The group of a factor that the project is in at the origin, by its number within Factor::groups.
[[nodiscard]] std::size_t group_of(FactorKind kind, const OpenProject &project, double origin) noexcept;

}  // namespace pipeline_forecast::outlook
