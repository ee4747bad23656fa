#include "core/outlook/outlook.hpp"

#include <utility>

#include "core/input_error.hpp"
#include "core/interrupts.hpp"
#include "core/outlook/landmarks.hpp"
#include "core/outlook/lives.hpp"
#include "core/outlook/model_fit.hpp"
#include "core/outlook/observer.hpp"
#include "core/outlook/project_odds.hpp"
#include "core/outlook/wins.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr std::size_t kEnoughWins = 20;
constexpr double kYoungDays = 182.0;

RunState state_of(const RunSummary &run) noexcept {
    if (run.won + run.lost == 0) return RunState::kPrior;
    if (run.origin - run.history_start < kYoungDays) return RunState::kYoung;
    return run.won < kEnoughWins ? RunState::kThin : RunState::kFitted;
}

std::vector<ProjectForecast> forecast_projects(const Model &model, const History &history, const Lives &lives,
                                               const Horizon &horizon) {
    const OddsTable table(model, horizon);
    std::vector<ProjectForecast> projects;
    for (std::uint32_t project = 0; project < lives.of.size(); ++project) {
        check_interrupts(project);
        const Life &life = lives.of[project];
        if (life.ending != Ending::kOpen || life.created > horizon.origin) continue;
        const OpenProject facts = Observer(history, project, life.created).look(horizon.origin);
        const ProjectOdds odds = table.of(facts);
        projects.push_back({.facts = facts,
                            .value = facts.value * model.ratio(facts.code(Segment::kType)),
                            .won = odds.won,
                            .later = odds.later,
                            .lost = odds.lost,
                            .p_won = odds.p_won()});
    }
    return projects;
}

// The probability of, or the number of wins in, a month or all months up to it.
double of_span(const Months &months, int month, Span span) noexcept {
    double sum = 0.0;
    for (int i = span == Span::kMonth ? month : 0; i <= month; ++i) sum += months[static_cast<std::size_t>(i)];
    return sum;
}

Columns columns_before_blend(const Model &model, const ProjectForecast &project, int month, Span span) noexcept {
    return deal_columns(of_span(project.won, month, span), project.value, model.value_cv2);
}

Columns columns_before_blend(const Model &model, const NewType &type, int month, Span span) noexcept {
    return new_columns(of_span(type.wins, month, span), type.values, model.ratio(type.type), model.value_cv2);
}

template <typename Row>
Sums sums_of(const Model &model, const std::vector<Row> &rows) {
    Sums sums;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        check_interrupts(row);
        for (int month = 0; month < kMonths; ++month) {
            const auto i = static_cast<std::size_t>(month);
            sums.month[i] += columns_before_blend(model, rows[row], month, Span::kMonth);
            sums.cumulated[i] += columns_before_blend(model, rows[row], month, Span::kCumulated);
        }
    }
    return sums;
}

}  // namespace

Result run(const History &history, const Origin &origin, const Settings &settings, const Record &record) {
    (void)checked(settings);
    if (!is_moment(origin.moment)) {
        throw InputError(kInvalidParameter, "origin of the outlook is out of range",
                         "It must be a moment between the years 1900 and 2200.");
    }
    const Lives lives = lives_at(history, origin.moment, origin.history_start, origin.known_from);
    Result result;
    result.horizon = Horizon::from(origin.moment);
    RunSummary &run = result.run;
    run.origin = origin.moment;
    run.history_start = lives.history_start;
    run.known_from = lives.known_from;
    run.versions = lives.versions;
    for (const Life &life : lives.of) {
        if (!lives.ended_known(life)) continue;
        ++(life.ending == Ending::kWon ? run.won : run.lost);
    }
    const Landmarks landmarks = landmarks_every(step_for(lives), history, lives, settings);
    ModelFit fit = fit_model(history, lives, landmarks, settings);
    run.step = landmarks.step;
    run.rows = landmarks.rows.size();
    run.cells = fit.cells;
    run.shock_prior = fit.shock_prior;
    run.state = state_of(run);
    result.model = std::move(fit.model);
    result.projects = forecast_projects(result.model, history, lives, result.horizon);
    result.new_business = forecast_new_business(result.model, history, lives, result.horizon, settings);

    const Wins wins(lives);
    const double month = month_begin(result.horizon.first_month);
    run.month_won = wins.between(month, origin.moment).size();
    run.month_won_value = wins.value_between(month, origin.moment);
    Totals totals = totals_of(sums_of(result.model, result.projects), sums_of(result.model, result.new_business.types),
                              result.horizon, wins, run.known_from, run.shock_prior, record, settings);
    result.months = std::move(totals.months);
    result.blend = totals.blend;
    result.judged = std::move(totals.judged);
    return result;
}

Columns project_columns(const Result &result, const ProjectForecast &project, int month, Span span) {
    return scaled(columns_before_blend(result.model, project, month, span), result.blend.at(month, span));
}

Columns new_columns(const Result &result, const NewType &type, int month, Span span) {
    return scaled(columns_before_blend(result.model, type, month, span), result.blend.at(month, span));
}

}  // namespace pipeline_forecast::outlook
