#include "pg/outlook_document.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/calendar.hpp"
#include "core/outlook/bins.hpp"
#include "core/outlook/factor_kind.hpp"
#include "core/outlook/lives.hpp"
#include "core/outlook/wins.hpp"

namespace pipeline_forecast::pg {
namespace {

using nlohmann::json;
using outlook::Cause;
using outlook::Columns;
using outlook::FactorKind;
using outlook::History;
using outlook::Result;
using outlook::Segment;
using outlook::Span;

json number_or_null(double number) { return std::isfinite(number) ? json(number) : json(); }

std::string iso_month(int month) { return to_iso(outlook::month_day(month)); }

std::string_view cause_name(Cause cause) { return cause == Cause::kWon ? "won" : "lost"; }

std::string_view span_name(Span span) { return span == Span::kMonth ? "month" : "cumulated"; }

std::string_view part_name(outlook::Part part) {
    switch (part) {
        case outlook::Part::kPipeline: return "pipeline";
        case outlook::Part::kNew: return "new";
        case outlook::Part::kTotal: break;
    }
    return "total";
}

std::string_view state_name(outlook::RunState state) {
    switch (state) {
        case outlook::RunState::kPrior: return "prior";
        case outlook::RunState::kThin: return "thin";
        case outlook::RunState::kYoung: return "young";
        case outlook::RunState::kFitted: break;
    }
    return "fitted";
}

std::string named(std::string_view text) { return text.empty() ? "(none)" : std::string(text); }

json settings_of(const outlook::Settings &settings) {
    return {{"kappa", settings.kappa},
            {"half_life", settings.half_life},
            {"prior_win", settings.prior_win},
            {"prior_days", settings.prior_days},
            {"level_half_life", settings.level_half_life},
            {"level_kappa", settings.level_kappa},
            {"level_fading", settings.level_fading},
            {"shock_prior", settings.shock_prior},
            {"shock_prior_blocks", settings.shock_prior_blocks},
            {"ratio_kappa", settings.ratio_kappa},
            {"max_back", settings.max_back},
            {"rounds", settings.rounds},
            {"min_cycles", settings.min_cycles},
            {"season_tau0", settings.season_tau0},
            {"season_nu0", settings.season_nu0},
            {"track_months", settings.track_months},
            {"track_group_months", settings.track_group_months},
            {"arrival_half_life", settings.arrival_half_life},
            {"new_value_half_life", settings.new_value_half_life},
            {"blend_ridge", settings.blend_ridge},
            {"blend_decay", settings.blend_decay},
            {"blend", settings.blend},
            {"row_limit", settings.row_limit}};
}

json run_of(const outlook::Settings &settings, const Result &result) {
    const outlook::RunSummary &run = result.run;
    const outlook::Model &model = result.model;
    return {{"state", state_name(run.state)},
            {"known_from_day", number_or_null(run.known_from)},
            {"step_days", run.step},
            {"version_count", run.versions},
            {"open_count", result.projects.size()},
            {"won_count", run.won},
            {"lost_count", run.lost},
            {"landmark_rows", run.rows},
            {"exposure_cells", run.cells},
            {"month_won_count", run.month_won},
            {"month_won_value", run.month_won_value},
            {"level_won", model.level.won},
            {"level_lost", model.level.lost},
            {"redundancy", model.redundancy},
            {"shock_prior", run.shock_prior},
            {"value_ratio", model.value_ratio_all},
            {"value_cv2", model.value_cv2},
            {"settings", settings_of(settings)}};
}

// A rate or a factor that is not the outcome of a count.
json factor_row(std::string_view factor, int group, std::string_view name, Cause cause, double value) {
    return {{"factor_name", factor},
            {"group_number", group},
            {"group_name", name},
            {"cause", cause_name(cause)},
            {"factor", value}};
}

void add_factor(json &rows, const History &history, const outlook::Model &model, FactorKind kind) {
    const auto &groups = model.factor(kind).groups;
    for (std::size_t group = 0; group < groups.size(); ++group) {
        if (!groups[group].seen) continue;
        for (const Cause cause : outlook::kCauses) {
            const outlook::Fit &fit = groups[group].fit[cause];
            json row = factor_row(outlook::factor_name(kind), static_cast<int>(group),
                                  outlook_group_name(history, kind, group), cause, fit.factor);
            row["observed"] = fit.observed;
            row["expected"] = fit.expected;
            row["kappa"] = fit.kappa;
            rows.push_back(std::move(row));
        }
    }
}

template <std::size_t positions>
void add_positions(json &rows, std::string_view name, const std::array<outlook::ByCause<double>, positions> &logs) {
    for (std::size_t position = 0; position < positions; ++position) {
        for (const Cause cause : outlook::kCauses) {
            const std::string number = std::to_string(position + 1);
            rows.push_back(
                factor_row(name, static_cast<int>(position), number, cause, std::exp(logs[position][cause])));
        }
    }
}

json factors_of(const History &history, const outlook::Model &model) {
    json rows = json::array();
    for (std::size_t band = 0; band < outlook::kBands; ++band) {
        const std::string name = outlook::bin_label(FactorKind::kStageBand, static_cast<int>(band));
        for (const Cause cause : outlook::kCauses) {
            rows.push_back(factor_row("rate a day", static_cast<int>(band), name, cause, model.base[band][cause]));
        }
    }
    for (const FactorKind kind : outlook::kFactorKinds) add_factor(rows, history, model, kind);
    add_positions(rows, "month of quarter", model.calendar.quarter);
    add_positions(rows, "month of year", model.calendar.year);
    return rows;
}

json new_months_of(const History &history, const Result &result) {
    json rows = json::array();
    for (const outlook::NewType &type : result.new_business.types) {
        for (int month = 0; month < outlook::kMonths; ++month) {
            const Columns single = new_columns(result, type, month, Span::kMonth);
            const Columns up_to = new_columns(result, type, month, Span::kCumulated);
            rows.push_back({{"type", history.text(Segment::kType, type.type)},
                            {"month", iso_month(result.horizon.first_month + month)},
                            {"wins", type.wins[static_cast<std::size_t>(month)]},
                            {"k1", single.k1},
                            {"k2", single.k2},
                            {"k3", single.k3},
                            {"l0", single.l0},
                            {"ck1", up_to.k1},
                            {"ck2", up_to.k2},
                            {"ck3", up_to.k3},
                            {"cl0", up_to.l0},
                            {"neg", single.neg}});
        }
    }
    return rows;
}

json months_of(const Result &result) {
    json rows = json::array();
    for (const outlook::MonthTotal &total : result.months) {
        rows.push_back({{"month", iso_month(result.horizon.first_month + total.month)},
                        {"span", span_name(total.span)},
                        {"part", part_name(total.part)},
                        {"horizon", total.month},
                        {"expected_value", total.expected_value},
                        {"p10", total.p10},
                        {"p50", total.p50},
                        {"p90", total.p90},
                        {"k1", total.columns.k1},
                        {"k2", total.columns.k2},
                        {"k3", total.columns.k3},
                        {"l0", total.columns.l0},
                        {"neg", total.columns.neg},
                        {"before_blend", total.before},
                        {"shock", total.shock},
                        {"past_months", total.past_months},
                        {"theta", total.theta},
                        {"c", total.c},
                        {"top_down", total.top_down ? json(*total.top_down) : json()}});
    }
    return rows;
}

json judged_of(const Result &result, const std::vector<int> &runs, const outlook::Record &record) {
    json rows = json::array();
    for (const outlook::Judged &judged : result.judged) {
        const outlook::PastForecast &past = record[judged.forecast];
        rows.push_back({{"run_id", runs[judged.forecast]},
                        {"month", iso_month(past.month)},
                        {"span", span_name(past.span)},
                        {"actual", judged.actual},
                        {"held", judged.held}});
    }
    return rows;
}

json won_months(const History &history, const Result &result) {
    const outlook::RunSummary &run = result.run;
    const outlook::Lives lives = outlook::lives_at(history, run.origin, run.history_start, run.known_from);
    const outlook::Wins wins(lives);
    json rows = json::array();
    for (int month = outlook::month_of(run.known_from); month < result.horizon.first_month; ++month) {
        const double begin = outlook::month_begin(month);
        // Of the first month all has to be known.
        if (begin < run.known_from) continue;
        rows.push_back(
            {{"month", iso_month(month)}, {"value", wins.value_between(begin, outlook::month_begin(month + 1))}});
    }
    return rows;
}

}  // namespace

std::string outlook_group_name(const History &history, FactorKind kind, std::size_t group) {
    const auto text = [&](Segment segment, std::size_t code) {
        return named(history.text(segment, static_cast<std::uint32_t>(code)));
    };
    const auto with_bin = [&](std::size_t bins) {
        return text(Segment::kStage, group / bins) + ", " + outlook::bin_label(kind, static_cast<int>(group % bins));
    };
    switch (kind) {
        case FactorKind::kStage: return text(Segment::kStage, group);
        case FactorKind::kStageAge: return with_bin(outlook::kAgeBins);
        case FactorKind::kStageBand: return with_bin(outlook::kBands);
        case FactorKind::kType: return text(Segment::kType, group);
        case FactorKind::kCategory: return text(Segment::kCategory, group);
        case FactorKind::kValueBand: return text(Segment::kValueBand, group);
        case FactorKind::kOwner: return text(Segment::kOwner, group);
        case FactorKind::kChange:
        case FactorKind::kStatedDate:
        case FactorKind::kPushes:
        case FactorKind::kPercent: break;
    }
    return outlook::bin_label(kind, static_cast<int>(group));
}

json outlook_document(const History &history, const outlook::Settings &settings, const Result &result,
                      const OutlookRecord &record) {
    return {{"run", run_of(settings, result)},
            {"factors", factors_of(history, result.model)},
            {"new_months", new_months_of(history, result)},
            {"months", months_of(result)},
            {"won_months", won_months(history, result)},
            {"judged", judged_of(result, record.runs, record.forecasts)}};
}

}  // namespace pipeline_forecast::pg
