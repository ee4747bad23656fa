#include "core/outlook/project_odds.hpp"

#include <algorithm>
#include <cmath>

#include "core/outlook/factors.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

std::vector<double> cuts_of(const Horizon &horizon) {
    std::vector<double> cuts(kFineEdges.begin(), kFineEdges.end());
    for (const double bound : horizon.bounds) {
        if (bound > 0.0 && bound < kFineEnd) cuts.push_back(bound);
    }
    std::ranges::sort(cuts);
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    return cuts;
}

Reason reason_of(FactorKind kind) noexcept {
    switch (kind) {
        case FactorKind::kStage:
        case FactorKind::kStageBand: return Reason::kStage;
        case FactorKind::kStageAge: return Reason::kAge;
        case FactorKind::kChange: return Reason::kChange;
        case FactorKind::kStatedDate: return Reason::kStatedDate;
        case FactorKind::kPushes: return Reason::kPushes;
        case FactorKind::kPercent: return Reason::kPercent;
        case FactorKind::kType: return Reason::kType;
        case FactorKind::kCategory: return Reason::kCategory;
        case FactorKind::kValueBand: return Reason::kValueBand;
        case FactorKind::kOwner: return Reason::kOwner;
    }
    return Reason::kBase;
}

}  // namespace

double faded_level(const Model &model, Cause cause, double days) noexcept {
    return std::pow(model.level[cause], std::exp2(-days / model.level_fading));
}

double ProjectOdds::p_won() const noexcept {
    double sum = 0.0;
    for (const double p : won) sum += p;
    return sum + later;
}

OddsTable::OddsTable(const Model &model, const Horizon &horizon, std::size_t reasons)
    : model_(model), reasons_(reasons) {
    const std::vector<double> cuts = cuts_of(horizon);
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        const double middle = (cuts[i] + cuts[i + 1]) / 2.0;
        Piece piece{.days = cuts[i + 1] - cuts[i],
                    .middle = horizon.origin + middle,
                    .band = band_of(middle),
                    .month = static_cast<std::size_t>(horizon.month_ahead(middle)),
                    .rate = {}};
        for (const Cause cause : kCauses) {
            piece.rate[cause] = model.base[piece.band][cause];
            if (has(Reason::kCalendar)) {
                piece.rate[cause] *= std::exp(model.calendar.log_factor(month_of(piece.middle), cause));
            }
            if (has(Reason::kLevel)) piece.rate[cause] *= faded_level(model, cause, middle);
        }
        pieces_.push_back(piece);
    }
}

ProjectOdds OddsTable::of(const OpenProject &project) const noexcept {
    ByCause<double> fixed{1.0, 1.0};
    for (const FactorKind kind : kFactorKinds) {
        if (!is_fixed(kind) || !has(reason_of(kind)) || model_.factor(kind).groups.empty()) continue;
        const std::size_t group = fixed_group(kind, project);
        for (const Cause cause : kCauses) fixed[cause] *= model_.factor(kind).of(group, cause);
    }
    const Factor &by_band = model_.factor(FactorKind::kStageBand);
    const Factor &by_date = model_.factor(FactorKind::kStatedDate);

    ProjectOdds odds;
    double open = 1.0;
    double won_share = 0.0;  // of those that end, in the newest piece
    for (const Piece &piece : pieces_) {
        ByCause<double> rate{piece.rate.won * fixed.won, piece.rate.lost * fixed.lost};
        if (has(Reason::kStage)) {
            const std::size_t group = stage_band_group(project.code(Segment::kStage), piece.band);
            for (const Cause cause : kCauses) rate[cause] *= by_band.of(group, cause);
        }
        if (has(Reason::kStatedDate)) {
            const std::size_t group = date_bin(piece.middle, project.stated_date);
            for (const Cause cause : kCauses) rate[cause] *= by_date.of(group, cause);
        }
        const double both = rate.won + rate.lost;
        won_share = rate.won / both;
        const double stay = std::exp(-both * piece.days);
        const double won = open * won_share * (1.0 - stay);
        open *= stay;
        (piece.month < odds.won.size() ? odds.won[piece.month] : odds.later) += won;
    }
    odds.later += open * won_share;
    odds.lost = 1.0 - odds.p_won();
    return odds;
}

}  // namespace pipeline_forecast::outlook
