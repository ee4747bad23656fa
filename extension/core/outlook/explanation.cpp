#include "core/outlook/explanation.hpp"

#include <algorithm>
#include <cmath>

#include "core/outlook/factors.hpp"
#include "core/outlook/project_odds.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kLeastP = 1e-9;

double logit(double p) noexcept {
    const double clipped = std::clamp(p, kLeastP, 1.0 - kLeastP);
    return std::log(clipped / (1.0 - clipped));
}

}  // namespace

std::string_view reason_name(Reason reason) noexcept {
    switch (reason) {
        case Reason::kBase: return "base";
        case Reason::kStage: return "stage";
        case Reason::kAge: return "age in stage";
        case Reason::kChange: return "days since last change";
        case Reason::kStatedDate: return "stated date";
        case Reason::kPushes: return "times pushed";
        case Reason::kPercent: return "stated percent";
        case Reason::kType: return "type";
        case Reason::kCategory: return "category";
        case Reason::kValueBand: return "value band";
        case Reason::kOwner: return "owner";
        case Reason::kCalendar: return "calendar";
        case Reason::kLevel: return "level";
    }
    return "";
}

std::size_t group_of(FactorKind kind, const OpenProject &project, double origin) noexcept {
    switch (kind) {
        case FactorKind::kStatedDate: return date_bin(origin, project.stated_date);
        case FactorKind::kStageBand: return stage_band_group(project.code(Segment::kStage), 0);
        default: return fixed_group(kind, project);
    }
}

Explainer::Explainer(const Model &model, const Horizon &horizon) {
    for (std::size_t reasons = 1; reasons <= kReasons; ++reasons) tables_.emplace_back(model, horizon, reasons);
}

Explanation Explainer::explain(const OpenProject &project) const noexcept {
    Explanation rows{};
    double before = 0.0;
    for (std::size_t row = 0; row < kReasons; ++row) {
        const double now = logit(tables_[row].of(project).p_won());
        rows[row] = now - before;
        before = now;
    }
    return rows;
}

}  // namespace pipeline_forecast::outlook
