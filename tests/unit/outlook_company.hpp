// A random company with a fixed seed: projects that wander through stages, are won, lost, archived and opened again,
// with gaps in every field.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/outlook/history.hpp"
#include "core/outlook/outlook.hpp"

namespace pipeline_forecast::outlook::company {

// A version that owns its texts.
struct Fact {
    std::string project;
    double valid_from = 0.0;
    State state = State::kOpen;
    std::array<std::string, kSegments> texts{};
    double value = 0.0;
    std::optional<double> created = std::nullopt;
    std::optional<double> ordered_on = std::nullopt;
    std::optional<double> stated_date = std::nullopt;
    std::optional<double> stated_percent = std::nullopt;

    [[nodiscard]] Version version() const {
        return {.project = project,
                .valid_from = valid_from,
                .state = state,
                .stage = texts[0],
                .type = texts[1],
                .category = texts[2],
                .value_band = texts[3],
                .owner = texts[4],
                .value = value,
                .created = created,
                .ordered_on = ordered_on,
                .stated_date = stated_date,
                .stated_percent = stated_percent};
    }
};

using Facts = std::vector<Fact>;

inline History history_of(const Facts &facts) {
    History history;
    for (const Fact &fact : facts) history.add(fact.version());
    history.seal();
    return history;
}

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    // 0 to 1; the standard distributions differ between libraries.
    double share() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
    std::size_t roll(std::size_t sides) { return static_cast<std::size_t>(engine_() % sides); }
    bool chance(double p) { return share() < p; }

    template <typename Value>
    void shuffle(std::vector<Value> &values) {
        for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[roll(i)]);
    }

private:
    std::mt19937_64 engine_;
};

inline constexpr std::array<std::string_view, 6> kStages{"Anfrage", "Angebot",           "Überarbeitung",
                                                         "Muster",  "mündlich zugesagt", ""};
inline constexpr std::array<std::string_view, 4> kTypes{"Dach", "Fassade", "", "Boden, innen"};
inline constexpr std::array<std::string_view, 3> kCategories{"Schule", "Klinik", ""};
inline constexpr std::array<std::string_view, 3> kBands{"klein", "mittel", "groß"};
inline constexpr std::array<std::string_view, 5> kOwners{"Ida", "Jon", "Kim", "Lea", ""};

// First of May 2014.
inline constexpr double kBegin = 16'191.0;

template <std::size_t count>
std::string any(Dice &dice, const std::array<std::string_view, count> &texts) {
    return std::string(texts[dice.roll(count)]);
}

inline void add_project(Facts &facts, Dice &dice, std::size_t number, double from, double until) {
    Fact fact{
        .project = "p" + std::to_string(number * 7919 % 100'003),
        .valid_from = from + dice.share() * (until - from),
        .texts = {any(dice, kStages), any(dice, kTypes), any(dice, kCategories), any(dice, kBands), any(dice, kOwners)},
        .value = std::round(300.0 * std::exp(4.0 * dice.share()) * 100.0) / 100.0};
    if (dice.chance(0.8)) fact.created = std::floor(fact.valid_from - 3.0 * dice.share());
    if (dice.chance(0.7)) fact.stated_date = std::floor(fact.valid_from + 200.0 * dice.share());
    if (dice.chance(0.6)) fact.stated_percent = static_cast<double>(dice.roll(101));
    facts.push_back(fact);
    while (fact.valid_from < until) {
        fact.valid_from += 1.0 + 40.0 * dice.share();
        const double fate = dice.share();
        fact.state = fate < 0.08   ? State::kWon
                     : fate < 0.17 ? State::kLost
                     : fate < 0.19 ? State::kAbsent
                                   : State::kOpen;
        if (fact.state == State::kOpen) {
            if (dice.chance(0.5)) fact.texts[0] = any(dice, kStages);
            if (fact.stated_date && dice.chance(0.2)) *fact.stated_date += std::floor(60.0 * dice.share());
            if (dice.chance(0.2)) fact.value = std::round(fact.value * (0.8 + 0.5 * dice.share()));
            if (dice.chance(0.05)) fact.texts[4] = any(dice, kOwners);
        }
        if (fact.state == State::kWon && dice.chance(0.3)) fact.ordered_on = std::floor(fact.valid_from - 2.0);
        facts.push_back(fact);
        if (fact.state != State::kOpen && dice.chance(0.93)) return;
        fact.ordered_on.reset();
    }
}

inline Facts facts_of(std::uint64_t seed, std::size_t projects, double days) {
    Dice dice(seed);
    Facts facts;
    for (std::size_t number = 0; number < projects; ++number) {
        add_project(facts, dice, number, kBegin, kBegin + days);
    }
    return facts;
}

// Every number of a run, in a fixed order.
inline std::vector<double> numbers_of(const Result &result) {
    std::vector<double> numbers{result.run.known_from,
                                result.run.step,
                                static_cast<double>(result.run.rows),
                                static_cast<double>(result.run.cells),
                                static_cast<double>(result.run.won),
                                static_cast<double>(result.run.lost),
                                result.run.shock_prior,
                                result.run.month_won_value,
                                result.model.redundancy,
                                result.model.value_cv2,
                                result.model.value_ratio_all};
    const auto add = [&numbers](const ByCause<double> &both) { numbers.insert(numbers.end(), {both.won, both.lost}); };
    const auto add_columns = [&numbers](const Columns &columns) {
        numbers.insert(numbers.end(), {columns.k1, columns.k2, columns.k3, columns.l0, columns.neg});
    };
    for (const auto &rate : result.model.base) add(rate);
    for (const Factor &factor : result.model.factors) {
        for (const FactorGroup &group : factor.groups) {
            for (const Cause cause : kCauses) {
                const Fit &fit = group.fit[cause];
                numbers.insert(numbers.end(), {fit.observed, fit.expected, fit.kappa, fit.factor});
            }
        }
    }
    for (const auto &log : result.model.calendar.quarter) add(log);
    for (const auto &log : result.model.calendar.year) add(log);
    add(result.model.level);
    numbers.insert(numbers.end(), result.model.value_ratio.begin(), result.model.value_ratio.end());
    for (const ProjectForecast &project : result.projects) {
        numbers.insert(numbers.end(), {project.value, project.later, project.lost, project.p_won});
        for (int month = 0; month < kMonths; ++month) {
            add_columns(project_columns(result, project, month, Span::kMonth));
            add_columns(project_columns(result, project, month, Span::kCumulated));
        }
    }
    for (const auto &rate : result.new_business.base) add(rate);
    for (const NewType &type : result.new_business.types) {
        numbers.insert(numbers.end(), {type.arrivals, type.values.mean, type.values.square, type.values.cube});
        add(type.rate);
        numbers.insert(numbers.end(), type.wins.begin(), type.wins.end());
    }
    for (const MonthTotal &total : result.months) {
        add_columns(total.columns);
        numbers.insert(numbers.end(), {total.before, total.expected_value, total.p10, total.p50, total.p90, total.shock,
                                       total.theta, total.c, total.top_down.value_or(-1.0)});
    }
    for (const Judged &judged : result.judged) numbers.push_back(judged.actual);
    return numbers;
}

}  // namespace pipeline_forecast::outlook::company
