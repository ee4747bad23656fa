// Random projects with fixed seeds, and the figures of an analysis as bits that can be compared.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string_view>
#include <vector>

#include "core/analysis/analysis.hpp"
#include "core/analysis/project_set.hpp"
#include "analysis_moment.hpp"

namespace pipeline_forecast::analysis {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    // 0 to sides - 1. The standard distributions differ between libraries, the engine does not.
    int roll(int sides) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(sides)); }

    template <typename Value>
    void shuffle(std::vector<Value> &values) {
        for (std::size_t i = values.size(); i > 1; --i) {
            std::swap(values[i - 1], values[engine_() % i]);
        }
    }

private:
    std::mt19937_64 engine_;
};

inline ProjectRow random_row(Dice &dice, bool with_future) {
    constexpr std::array<std::string_view, 6> kAccounts{"", "North", "South", "East", "West", "Sea, Air"};
    constexpr std::array<std::string_view, 3> kTypes{"", "New Build", "Refurbishment"};
    constexpr std::array<std::string_view, 6> kCategories{"", "House", "House", "House", "Hotel", "School"};
    constexpr std::array<std::string_view, 4> kProducts{"", "Board A", "Board A", "Board A, Board B"};
    // One in ten lacks the field.
    const auto pick = [&dice](const auto &names) {
        const int names_but_none = static_cast<int>(names.size()) - 1;
        return names[dice.roll(10) == 0 ? 0 : static_cast<std::size_t>(1 + dice.roll(names_but_none))];
    };
    ProjectRow row{.id = "p"};
    row.account = pick(kAccounts);
    row.type = pick(kTypes);
    row.category = pick(kCategories);
    row.product_type = pick(kProducts);
    if (dice.roll(10) > 0) row.new_enquiry_value = Money{std::max(0, dice.roll(150'000'00) - 20'000'00)};
    if (dice.roll(3) > 0) row.gestation_period = dice.roll(4) == 0 ? dice.roll(1100) : 30 + dice.roll(40);
    row.outcome = static_cast<Outcome>(dice.roll(3));
    if (dice.roll(20) > 0) row.date_created = kToday - std::chrono::days{dice.roll(2000) - (with_future ? 60 : 0)};
    return row;
}

inline std::vector<ProjectRow> random_rows(std::uint64_t seed, int count, bool with_future = true) {
    Dice dice(seed);
    std::vector<ProjectRow> rows;
    rows.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) rows.push_back(random_row(dice, with_future));
    return rows;
}

inline ProjectSet set_of(const std::vector<ProjectRow> &rows) {
    ProjectSet projects;
    for (const ProjectRow &row : rows) projects.add(row);
    return projects;
}

// Every figure of an analysis; absent ones as NaN, counts and days as numbers.
inline std::vector<double> figures(const Analysis &analysis) {
    const double absent = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> all;
    const auto put = [&all](auto value) { all.push_back(static_cast<double>(value)); };
    const auto put_optional = [&all, absent](const auto &value) {
        all.push_back(value ? static_cast<double>(*value) : absent);
    };
    const auto put_day = [&all, absent](std::optional<Day> day) {
        all.push_back(day ? static_cast<double>(day->time_since_epoch().count()) : absent);
    };
    const auto put_estimate = [&](const ConversionEstimate &estimate) {
        put_optional(estimate.rate);
        put_optional(estimate.raw_rate);
        put(estimate.confidence);
    };
    const auto put_record = [&](const std::optional<WinRecord> &record) {
        put(record ? static_cast<double>(record->won) : absent);
        put(record ? static_cast<double>(record->total) : absent);
    };

    put(analysis.segment.tier);
    for (const Field field : kFields) put(analysis.segment.filter.contains(field));
    put(analysis.segment.segment_size);
    put(analysis.segment.reads_global);
    put_day(analysis.oldest);
    put_day(analysis.newest);
    put_optional(analysis.mean_value_cents);

    put(analysis.outcomes.won);
    put(analysis.outcomes.lost);
    put(analysis.outcomes.open);
    put(analysis.outcomes.weighted_won);
    put(analysis.outcomes.weighted_lost);
    put(analysis.outcomes.weighted_open);
    put(analysis.outcomes.lightest_weight);
    put(analysis.outcomes.heaviest_weight);
    put_estimate(analysis.inclusive);
    put_estimate(analysis.closed_only);
    put(analysis.prior ? analysis.prior->win_rate : absent);

    put(analysis.gestation.sample_size);
    put(analysis.gestation.confidence);
    put(analysis.gestation_is_global);
    if (const auto &statistics = analysis.gestation.statistics) {
        put(statistics->median);
        put(statistics->p25);
        put(statistics->p75);
        put(statistics->iqr);
        put(statistics->mean);
        put(statistics->standard_deviation);
    }

    put(analysis.band);
    put_optional(analysis.rating_inputs.value_share);
    const std::optional<Quartiles> &quartiles = analysis.rating_inputs.gestation_quartiles;
    put(quartiles ? quartiles->first : absent);
    put(quartiles ? quartiles->third : absent);
    put_record(analysis.rating_inputs.account);
    put_record(analysis.rating_inputs.product_type);

    const Rating &rating = analysis.rating;
    for (const double figure :
         {rating.conversion_rate, rating.conversion_score, rating.value_score, rating.gestation_score,
          rating.account_score, rating.product_type_score, rating.weighted_sum, rating.alignment_bonus,
          rating.weakness_bonus, rating.momentum_bonus, rating.total_bonus, rating.final_value}) {
        put(figure);
    }
    put(rating.score);
    return all;
}

// The bits, so that NaN equals itself and 0.1 + 0.2 does not equal 0.3.
inline std::vector<std::uint64_t> bits(const Analysis &analysis) {
    std::vector<std::uint64_t> all;
    for (const double figure : figures(analysis)) all.push_back(std::bit_cast<std::uint64_t>(figure));
    return all;
}

}  // namespace pipeline_forecast::analysis
