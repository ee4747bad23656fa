#include "core/outlook/factors.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/interrupts.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

using ByBand = std::array<double, kBands>;

std::size_t groups_of(FactorKind kind, const History &history) {
    const std::size_t stages = history.groups(Segment::kStage);
    switch (kind) {
        case FactorKind::kStage: return stages;
        case FactorKind::kStageAge: return stages * kAgeBins;
        case FactorKind::kChange: return kAgeBins;
        case FactorKind::kStatedDate: return kDateBins;
        case FactorKind::kPushes: return kPushBins;
        case FactorKind::kPercent: return kPercentBins;
        case FactorKind::kType: return history.groups(Segment::kType);
        case FactorKind::kCategory: return history.groups(Segment::kCategory);
        case FactorKind::kValueBand: return history.groups(Segment::kValueBand);
        case FactorKind::kOwner: return history.groups(Segment::kOwner);
        case FactorKind::kStageBand: return stages * kBands;
    }
    return 0;
}

// The band that each fine bin starts in.
constexpr std::array<std::size_t, kFineBins> kBandOfBin = [] {
    std::array<std::size_t, kFineBins> bands{};
    for (std::size_t bin = 0; bin < kFineBins; ++bin) bands[bin] = band_of(kFineEdges[bin]);
    return bands;
}();

class Fitting {
public:
    Fitting(Model &model, const History &history, const Landmarks &landmarks, const Cells &cells,
            const Settings &settings)
        : model_(model),
          rows_(landmarks.rows),
          cells_(cells),
          settings_(settings),
          stages_(history.groups(Segment::kStage)) {
        for (std::size_t band = 0; band < kBands; ++band) {
            band_redundancy_[band] = std::max(1.0, (kBandEdges[band + 1] - kBandEdges[band]) / landmarks.step);
        }
        const auto fresh = static_cast<double>(std::max<std::size_t>(1, cells.fresh_events));
        model_.redundancy = std::max(1.0, static_cast<double>(cells.events.size()) / fresh);
        for (const FactorKind kind : kFactorKinds) {
            factor(kind).groups.assign(groups_of(kind, history), {});
            mark_seen(kind);
            if (seen_groups(kind) < 2) factor(kind).groups.clear();
        }
        for (const FactorKind kind : kFactorKinds) set_observed(kind);
    }

    void fit() {
        set_base();
        sum_expected();
        for (int round = 0; round < settings_.rounds; ++round) {
            for (const FactorKind kind : kFactorKinds) {
                if (factor(kind).groups.empty()) continue;
                if (kind == FactorKind::kStatedDate) {
                    refit(kind, expected_by_cell([](std::size_t, std::size_t, std::size_t date) { return date; }));
                    sum_expected();
                } else if (kind == FactorKind::kStageBand) {
                    refit(kind, expected_by_cell([](std::size_t stage, std::size_t band, std::size_t) {
                              return stage_band_group(stage, band);
                          }));
                    sum_expected();
                } else {
                    refit_fixed(kind);
                }
            }
        }
        finish_base();
    }

private:
    using GroupSums = std::vector<ByCause<double>>;

    Factor &factor(FactorKind kind) noexcept { return model_.factors[static_cast<std::size_t>(kind)]; }

    [[nodiscard]] double kappa(FactorKind kind, std::size_t group) const noexcept {
        const double redundancy = kind == FactorKind::kStageBand ? band_redundancy_[group % kBands] : model_.redundancy;
        return settings_.kappa * redundancy;
    }

    [[nodiscard]] std::size_t group_of_cell(FactorKind kind, std::size_t row, std::size_t bin,
                                            std::size_t date) const noexcept {
        if (kind == FactorKind::kStatedDate) return date;
        const OpenProject &seen = rows_[row].seen;
        return kind == FactorKind::kStageBand ? stage_band_group(seen.code(Segment::kStage), kBandOfBin[bin])
                                              : fixed_group(kind, seen);
    }

    // visit(row, bin, date bin, weighted days)
    template <typename Visit>
    void for_each_cell(Visit &&visit) const {
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            check_interrupts(row);
            std::size_t bin = cells_.rows[row].first_bin;
            for (std::size_t cell = cells_.rows[row].begin; cell < cells_.rows[row + 1].begin; ++cell, ++bin) {
                visit(row, bin, cells_.date_bin[cell], cells_.exposure[cell]);
            }
        }
    }

    void mark_seen(FactorKind kind) {
        std::vector<FactorGroup> &groups = factor(kind).groups;
        if (is_fixed(kind)) {
            for (std::size_t row = 0; row < rows_.size(); ++row) {
                if (cells_.count(row) > 0) groups[fixed_group(kind, rows_[row].seen)].seen = true;
            }
            return;
        }
        for_each_cell([&](std::size_t row, std::size_t bin, std::size_t date, double) {
            groups[group_of_cell(kind, row, bin, date)].seen = true;
        });
    }

    std::size_t seen_groups(FactorKind kind) {
        return static_cast<std::size_t>(std::ranges::count(factor(kind).groups, true, &FactorGroup::seen));
    }

    void set_observed(FactorKind kind) {
        std::vector<FactorGroup> &groups = factor(kind).groups;
        if (groups.empty()) return;
        for (const Cells::Event &event : cells_.events) {
            groups[group_of_cell(kind, event.row, event.bin, event.date_bin)].fit[event.cause].observed += event.weight;
        }
    }

    void set_base() {
        ByBand exposure{};
        for_each_cell(
            [&](std::size_t, std::size_t bin, std::size_t, double days) { exposure[kBandOfBin[bin]] += days; });
        for (const Cells::Event &event : cells_.events) observed_[event.cause][kBandOfBin[event.bin]] += event.weight;

        double all_exposure = 0.0;
        for (const double days : exposure) all_exposure += days;
        for (const Cause cause : kCauses) {
            const ByBand &observed = observed_[cause];
            double all_observed = 0.0;
            for (const double events : observed) all_observed += events;
            const double kap = settings_.kappa * model_.redundancy;
            const double rate = (all_observed + kap) / (all_exposure + kap / prior_rate(settings_, cause));
            for (std::size_t band = 0; band < kBands; ++band) {
                const double kap_band = settings_.kappa * band_redundancy_[band];
                model_.base[band][cause] = rate * (observed[band] + kap_band) / (rate * exposure[band] + kap_band);
            }
        }
    }

    // Base and stage x band of one stage; what is the same for all rows of the stage.
    [[nodiscard]] std::array<ByCause<double>, kBands> band_rates(std::size_t stage) const noexcept {
        std::array<ByCause<double>, kBands> rates = model_.base;
        const Factor &by_band = model_.factor(FactorKind::kStageBand);
        for (std::size_t band = 0; band < kBands; ++band) {
            for (const Cause cause : kCauses) rates[band][cause] *= by_band.of(stage_band_group(stage, band), cause);
        }
        return rates;
    }

    // add(row, band, date bin, expected events of both causes)
    template <typename Add>
    void for_each_expected(Add &&add) const {
        std::vector<std::array<ByCause<double>, kBands>> rates;
        for (std::size_t stage = 0; stage < stages_; ++stage) rates.push_back(band_rates(stage));
        std::array<ByCause<double>, kDateBins> by_date{};
        for (std::size_t date = 0; date < kDateBins; ++date) {
            for (const Cause cause : kCauses) {
                by_date[date][cause] = model_.factor(FactorKind::kStatedDate).of(date, cause);
            }
        }
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            check_interrupts(row);
            const OpenProject &seen = rows_[row].seen;
            const ByCause<double> fixed = fixed_product(model_, seen);
            const auto &of_stage = rates[seen.code(Segment::kStage)];
            std::size_t bin = cells_.rows[row].first_bin;
            for (std::size_t cell = cells_.rows[row].begin; cell < cells_.rows[row + 1].begin; ++cell, ++bin) {
                const std::size_t band = kBandOfBin[bin];
                const std::size_t date = cells_.date_bin[cell];
                const double days = cells_.exposure[cell];
                add(row, band, date,
                    ByCause<double>{fixed.won * days * of_stage[band].won * by_date[date].won,
                                    fixed.lost * days * of_stage[band].lost * by_date[date].lost});
            }
        }
    }

    void sum_expected() {
        expected_.assign(rows_.size(), {});
        for_each_expected([this](std::size_t row, std::size_t, std::size_t, const ByCause<double> &events) {
            expected_[row].won += events.won;
            expected_[row].lost += events.lost;
        });
    }

    // By a group that depends on the cell: group(stage, band, date bin).
    template <typename Group>
    [[nodiscard]] GroupSums expected_by_cell(Group &&group) const {
        GroupSums sums(std::max(kDateBins, stages_ * kBands));
        for_each_expected([&](std::size_t row, std::size_t band, std::size_t date, const ByCause<double> &events) {
            ByCause<double> &sum = sums[group(rows_[row].seen.code(Segment::kStage), band, date)];
            sum.won += events.won;
            sum.lost += events.lost;
        });
        return sums;
    }

    void refit(FactorKind kind, const GroupSums &sums) noexcept {
        std::vector<FactorGroup> &groups = factor(kind).groups;
        for (std::size_t group = 0; group < groups.size() && group < sums.size(); ++group) {
            if (!groups[group].seen) continue;
            for (const Cause cause : kCauses) {
                Fit &fit = groups[group].fit[cause];
                fit.kappa = kappa(kind, group);
                fit.expected = sums[group][cause] / fit.factor;
                fit.factor = (fit.observed + fit.kappa) / (fit.expected + fit.kappa);
            }
        }
    }

    // Fixed factors multiply whole rows, so the sums of the rows are enough.
    void refit_fixed(FactorKind kind) {
        const std::vector<FactorGroup> &groups = factor(kind).groups;
        GroupSums sums(groups.size());
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            ByCause<double> &sum = sums[fixed_group(kind, rows_[row].seen)];
            sum.won += expected_[row].won;
            sum.lost += expected_[row].lost;
        }
        GroupSums ratio(groups.size());
        for (std::size_t group = 0; group < groups.size(); ++group) {
            for (const Cause cause : kCauses) ratio[group][cause] = 1.0 / groups[group].fit[cause].factor;
        }
        refit(kind, sums);
        for (std::size_t group = 0; group < groups.size(); ++group) {
            for (const Cause cause : kCauses) ratio[group][cause] *= groups[group].fit[cause].factor;
        }
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            const ByCause<double> &change = ratio[fixed_group(kind, rows_[row].seen)];
            expected_[row].won *= change.won;
            expected_[row].lost *= change.lost;
        }
    }

    // So that every band expects what it observed.
    void finish_base() {
        ByCause<ByBand> expected{};
        for_each_expected([&expected](std::size_t, std::size_t band, std::size_t, const ByCause<double> &events) {
            expected.won[band] += events.won;
            expected.lost[band] += events.lost;
        });
        for (const Cause cause : kCauses) {
            for (std::size_t band = 0; band < kBands; ++band) {
                const double redundancy = band_redundancy_[band];
                model_.base[band][cause] *=
                    (observed_[cause][band] + redundancy) / (expected[cause][band] + redundancy);
            }
        }
    }

    Model &model_;
    const std::vector<Landmark> &rows_;
    const Cells &cells_;
    const Settings &settings_;
    const std::size_t stages_;
    ByBand band_redundancy_{};
    ByCause<ByBand> observed_{};
    GroupSums expected_;  // by row, at the newest rates
};

}  // namespace

double prior_rate(const Settings &settings, Cause cause) noexcept {
    return (cause == Cause::kWon ? settings.prior_win : 1.0 - settings.prior_win) / settings.prior_days;
}

std::size_t fixed_group(FactorKind kind, const OpenProject &project) noexcept {
    switch (kind) {
        case FactorKind::kStage: return project.code(Segment::kStage);
        case FactorKind::kStageAge: return project.code(Segment::kStage) * kAgeBins + age_bin(project.age);
        case FactorKind::kChange: return age_bin(project.change);
        case FactorKind::kPushes: return push_bin(project.pushes);
        case FactorKind::kPercent: return percent_bin(project.stated_percent);
        case FactorKind::kType: return project.code(Segment::kType);
        case FactorKind::kCategory: return project.code(Segment::kCategory);
        case FactorKind::kValueBand: return project.code(Segment::kValueBand);
        case FactorKind::kOwner: return project.code(Segment::kOwner);
        case FactorKind::kStatedDate:
        case FactorKind::kStageBand: break;
    }
    return 0;
}

ByCause<double> fixed_product(const Model &model, const OpenProject &project) noexcept {
    ByCause<double> product{1.0, 1.0};
    for (const FactorKind kind : kFactorKinds) {
        if (!is_fixed(kind)) continue;
        const Factor &factor = model.factor(kind);
        if (factor.groups.empty()) continue;
        const std::size_t group = fixed_group(kind, project);
        for (const Cause cause : kCauses) product[cause] *= factor.of(group, cause);
    }
    return product;
}

void fit_factors(Model &model, const History &history, const Landmarks &landmarks, const Cells &cells,
                 const Settings &settings) {
    Fitting(model, history, landmarks, cells, settings).fit();
}

}  // namespace pipeline_forecast::outlook
