// What must hold for any set of projects, tried on random ones with fixed seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/analysis/engine.hpp"
#include "random_projects.hpp"

namespace pipeline_forecast::analysis {
namespace {

using std::chrono::days;

void expect_sane(const Analysis &analysis) {
    const auto is_share = [](double value) { return value >= 0.0 && value <= 1.0; };
    EXPECT_TRUE(is_share(analysis.inclusive.rate.value()));
    EXPECT_TRUE(is_share(analysis.inclusive.raw_rate.value_or(0.0)));
    EXPECT_TRUE(is_share(analysis.inclusive.confidence));
    EXPECT_TRUE(is_share(analysis.closed_only.rate.value_or(0.0)));
    EXPECT_TRUE(is_share(analysis.closed_only.raw_rate.value_or(0.0)));
    EXPECT_TRUE(is_share(analysis.closed_only.confidence));
    EXPECT_TRUE(is_share(analysis.gestation.confidence));
    EXPECT_TRUE(std::isfinite(analysis.mean_value_cents.value_or(0.0)));
    EXPECT_NEAR(analysis.outcomes.weighted_won + analysis.outcomes.weighted_lost + analysis.outcomes.weighted_open,
                static_cast<double>(analysis.outcomes.total()), 1e-6);
    if (const auto &statistics = analysis.gestation.statistics) {
        EXPECT_GE(statistics->p25, 1);
        EXPECT_LE(statistics->p25, statistics->median);
        EXPECT_LE(statistics->median, statistics->p75);
        EXPECT_LE(statistics->p75, 999);
        EXPECT_NEAR(statistics->iqr, statistics->p75 - statistics->p25, 1);
    }
    for (const double score :
         {analysis.rating.conversion_score, analysis.rating.value_score, analysis.rating.gestation_score,
          analysis.rating.account_score, analysis.rating.product_type_score, analysis.rating.weighted_sum,
          analysis.rating.final_value}) {
        EXPECT_TRUE(is_share(score));
    }
    EXPECT_GE(analysis.rating.score, 2);
    EXPECT_LE(analysis.rating.score, 100);
}

TEST(AnalysisProperties, RowOrderChangesNoBit) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        std::vector<ProjectRow> rows = random_rows(seed, 700);
        const std::vector<ProjectRow> targets = rows;
        const ProjectSet in_order = set_of(rows);
        Engine engine(in_order, kNow);
        Dice dice(seed + 100);
        for (int round = 0; round < 3; ++round) {
            dice.shuffle(rows);
            const ProjectSet shuffled = set_of(rows);
            Engine again(shuffled, kNow);
            for (const ProjectRow &target : targets) {
                ASSERT_EQ(bits(again.analyze(target)), bits(engine.analyze(target)));
            }
        }
    }
}

TEST(AnalysisProperties, OrderOfQuestionsChangesNoBit) {
    const ProjectSet projects = set_of(random_rows(4, 500));
    Engine forward(projects, kNow);
    Engine backward(projects, kNow);
    std::vector<std::vector<std::uint64_t>> answers(projects.size());
    for (std::size_t row = 0; row < projects.size(); ++row) answers[row] = bits(forward.analyze(row));
    for (std::size_t row = projects.size(); row-- > 0;) {
        ASSERT_EQ(bits(backward.analyze(row)), answers[row]);
    }
}

// As long as no row lies in the future and the look-back keeps the same rows.
TEST(AnalysisProperties, TimeOfDayAndDayChangeNoBit) {
    std::vector<ProjectRow> rows = random_rows(5, 400, false);
    std::erase_if(rows,
                  [](const ProjectRow &row) { return row.date_created && *row.date_created < kToday - days{1700}; });
    const ProjectSet projects = set_of(rows);
    Engine engine(projects, kNow);
    Engine later(projects, {kToday + days{100}, 0.123456789});
    for (std::size_t row = 0; row < projects.size(); ++row) {
        ASSERT_EQ(bits(later.analyze(row)), bits(engine.analyze(row)));
    }
}

// The same answers by brute force: the tiers in their order, the rows of each by comparing texts.
TEST(AnalysisProperties, SegmentsAreThoseOfAPlainFilter) {
    for (const std::uint64_t seed : {7U, 8U}) {
        const std::vector<ProjectRow> rows = random_rows(seed, 400);
        const ProjectSet projects = set_of(rows);
        Engine engine(projects, kNow);
        const auto text = [](const ProjectRow &row, Field field) {
            switch (field) {
                case Field::kAccount: return row.account;
                case Field::kType: return row.type;
                case Field::kCategory: return row.category;
                case Field::kProductType: return row.product_type;
            }
            return std::string_view{};
        };
        for (const ProjectRow &target : rows) {
            const Analysis analysis = engine.analyze(target);
            std::vector<const ProjectRow *> segment;
            int tier = 1;
            for (;; ++tier) {
                segment.clear();
                for (const ProjectRow &row : rows) {
                    bool belongs = row.date_created && *row.date_created >= kToday - days{1825};
                    for (const Field field : kFields) {
                        if (!tier_fields(tier).contains(field) || text(target, field).empty()) continue;
                        belongs = belongs && text(row, field) == text(target, field);
                    }
                    if (belongs) segment.push_back(&row);
                }
                if (segment.size() >= 15 || tier == kGlobalTier) break;
            }
            ASSERT_EQ(analysis.segment.tier, tier);
            ASSERT_EQ(analysis.segment.segment_size, segment.size());

            const auto count = [&segment](const auto &condition) {
                return static_cast<std::size_t>(std::count_if(segment.begin(), segment.end(),
                                                              [&](const ProjectRow *row) { return condition(*row); }));
            };
            const auto is_won = [](const ProjectRow &row) { return row.outcome == Outcome::kWon; };
            EXPECT_EQ(analysis.outcomes.won, count(is_won));
            EXPECT_EQ(analysis.outcomes.lost,
                      count([](const ProjectRow &row) { return row.outcome == Outcome::kLost; }));
            if (!target.account.empty()) {
                const auto same = [&](const ProjectRow &row) { return row.account == target.account; };
                ASSERT_TRUE(analysis.rating_inputs.account);
                EXPECT_EQ(analysis.rating_inputs.account->total, count(same));
                EXPECT_EQ(analysis.rating_inputs.account->won,
                          count([&](const ProjectRow &row) { return same(row) && is_won(row); }));
            }
            if (!target.product_type.empty()) {
                const auto same = [&](const ProjectRow &row) { return row.product_type == target.product_type; };
                ASSERT_TRUE(analysis.rating_inputs.product_type);
                EXPECT_EQ(analysis.rating_inputs.product_type->total, count(same));
            }
            const auto is_positive = [](const ProjectRow &row) {
                return row.new_enquiry_value.value_or(Money{}).cents > 0;
            };
            const auto is_up_to = [&](const ProjectRow &row) {
                return is_positive(row) &&
                       row.new_enquiry_value->cents <= target.new_enquiry_value.value_or(Money{}).cents;
            };
            ASSERT_TRUE(analysis.rating_inputs.value_share);
            EXPECT_DOUBLE_EQ(*analysis.rating_inputs.value_share,
                             static_cast<double>(count(is_up_to)) / static_cast<double>(count(is_positive)));
            if (!analysis.gestation_is_global) {
                EXPECT_EQ(analysis.gestation.sample_size,
                          count([](const ProjectRow &row) { return is_valid_gestation(row.gestation_period); }));
            }
        }
    }
}

TEST(AnalysisProperties, EverythingIsFiniteAndWithinItsRange) {
    for (const int count : {0, 1, 2, 3, 14, 15, 40, 900}) {
        const std::vector<ProjectRow> rows = random_rows(9, count);
        const ProjectSet projects = set_of(rows);
        Engine engine(projects, kNow);
        for (const ProjectRow &target : random_rows(10, 50)) expect_sane(engine.analyze(target));
        for (std::size_t row = 0; row < projects.size(); ++row) expect_sane(engine.analyze(row));
    }
}

TEST(AnalysisProperties, ExtremeInputsStayFinite) {
    constexpr std::array<std::int64_t, 5> kCents{std::numeric_limits<std::int64_t>::min(), -1, 0, 1,
                                                 std::numeric_limits<std::int64_t>::max()};
    constexpr std::array<int, 6> kDays{std::numeric_limits<int>::min(), -1, 1, 999, 1000,
                                       std::numeric_limits<int>::max()};
    const std::string long_text(100'000, 'x');
    ProjectSet projects;
    Dice dice(11);
    for (int i = 0; i < 500; ++i) {
        ProjectRow row = random_row(dice, true);
        row.new_enquiry_value = Money{kCents[static_cast<std::size_t>(dice.roll(5))]};
        row.gestation_period = kDays[static_cast<std::size_t>(dice.roll(6))];
        if (dice.roll(3) == 0) row.date_created = Day{days{std::numeric_limits<int>::max()}};
        if (dice.roll(50) == 0) row.account = long_text;
        projects.add(row);
    }
    for (const double half_life : {1.0, 730.0, 1e300}) {
        for (const double k : {0.0, 1.0, 1e300}) {
            for (const double strength : {0.0, 20.0, 1e300}) {
                Config config;
                config.look_back_days = std::numeric_limits<int>::max();
                config.half_life_days = half_life;
                config.laplace_k = k;
                config.prior_strength = strength;
                config.segment_minimum = 1;
                for (const bool weighting : {true, false}) {
                    config.time_weighting = weighting;
                    Engine engine(projects, kNow, config);
                    for (std::size_t row = 0; row < projects.size(); row += 7) expect_sane(engine.analyze(row));
                }
            }
        }
    }
}

// Twice the same projects: what is a share or a middle stays, what is a count doubles.
TEST(AnalysisProperties, DuplicatingAllRowsKeepsSharesAndMiddles) {
    std::vector<ProjectRow> rows = random_rows(12, 800);
    Config config;
    config.time_weighting = false;
    const ProjectSet once = set_of(rows);
    const std::vector<ProjectRow> copy = rows;
    rows.insert(rows.end(), copy.begin(), copy.end());
    const ProjectSet twice = set_of(rows);
    // Twice the minimum, so that the same segments are chosen.
    Engine engine(once, kNow, config);
    Engine weighted_engine(once, kNow);
    config.segment_minimum = 30;
    Engine doubled(twice, kNow, config);
    Config weighted;
    weighted.segment_minimum = 30;
    Engine weighted_doubled(twice, kNow, weighted);
    for (const ProjectRow &target : copy) {
        const Analysis one = engine.analyze(target);
        const Analysis two = doubled.analyze(target);
        ASSERT_EQ(two.segment.tier, one.segment.tier);
        EXPECT_EQ(two.segment.segment_size, 2 * one.segment.segment_size);
        EXPECT_EQ(two.outcomes.won, 2 * one.outcomes.won);
        EXPECT_EQ(two.gestation.sample_size, 2 * one.gestation.sample_size);
        EXPECT_EQ(two.gestation.expected_days(), one.gestation.expected_days());
        EXPECT_EQ(two.rating_inputs.value_share, one.rating_inputs.value_share);

        const Analysis weighted_one = weighted_engine.analyze(target);
        const Analysis weighted_two = weighted_doubled.analyze(target);
        EXPECT_NEAR(weighted_two.inclusive.raw_rate.value(), weighted_one.inclusive.raw_rate.value(), 1e-12);
        // Interpolation between the points of shares starts later where each value comes twice, so a weighted
        // quantile can only grow, and mean and deviation stay.
        if (weighted_one.gestation.statistics) {
            EXPECT_GE(weighted_two.gestation.statistics->median, weighted_one.gestation.statistics->median);
            EXPECT_EQ(weighted_two.gestation.statistics->mean, weighted_one.gestation.statistics->mean);
            EXPECT_EQ(weighted_two.gestation.statistics->standard_deviation,
                      weighted_one.gestation.statistics->standard_deviation);
        }
    }
}

TEST(AnalysisProperties, MoreWinsNeverLowerTheRates) {
    std::vector<ProjectRow> rows = random_rows(13, 300);
    double previous = 0.0;
    for (std::size_t i = 0; i <= rows.size(); i += 20) {
        for (std::size_t won = 0; won < i; ++won) rows[won].outcome = Outcome::kWon;
        const ProjectSet projects = set_of(rows);
        const Analysis analysis = Engine(projects, kNow).analyze(ProjectRow{.id = "anything"});
        EXPECT_GE(analysis.inclusive.rate.value(), previous);
        previous = analysis.inclusive.rate.value();
    }
}

}  // namespace
}  // namespace pipeline_forecast::analysis
