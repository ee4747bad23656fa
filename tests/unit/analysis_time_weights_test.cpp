// Time weights: ages, missing and future dates, scale, limits.
#include "core/analysis/time_weights.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "analysis_moment.hpp"

namespace pipeline_forecast::analysis {
namespace {

using std::chrono::days;

using Dates = std::vector<std::optional<Day>>;

double sum(const std::vector<double> &weights) { return std::accumulate(weights.begin(), weights.end(), 0.0); }

TEST(AnalysisTimeWeights, NoRowsNoWeights) { EXPECT_TRUE(time_weights(Dates{}, kWeighting).empty()); }

TEST(AnalysisTimeWeights, HalfAsMuchPerHalfLife) {
    const std::vector<double> weights =
        time_weights(Dates{kToday, kToday - days{730}, kToday - days{1460}}, kWeighting);
    EXPECT_DOUBLE_EQ(weights[0], 12.0 / 7.0);
    EXPECT_DOUBLE_EQ(weights[1], 6.0 / 7.0);
    EXPECT_DOUBLE_EQ(weights[2], 3.0 / 7.0);
}

TEST(AnalysisTimeWeights, MeanIsOne) {
    const Dates dates{kToday - days{3}, std::nullopt, kToday + days{9}, kToday - days{1800}};
    EXPECT_NEAR(sum(time_weights(dates, kWeighting)), 4.0, 1e-12);
}

TEST(AnalysisTimeWeights, UndatedRowsWeighAsTheLightest) {
    const std::vector<double> weights = time_weights(Dates{kToday, std::nullopt, kToday - days{730}}, kWeighting);
    EXPECT_EQ(weights[1], weights[2]);
    EXPECT_DOUBLE_EQ(weights[0], 1.5);
    EXPECT_DOUBLE_EQ(weights[1], 0.75);
}

TEST(AnalysisTimeWeights, NothingDatedWeighsTheSame) {
    EXPECT_EQ(time_weights(Dates{std::nullopt, std::nullopt}, kWeighting), (std::vector{1.0, 1.0}));
}

TEST(AnalysisTimeWeights, SwitchedOffWeighsTheSame) {
    TimeWeighting off = kWeighting;
    off.enabled = false;
    EXPECT_EQ(time_weights(Dates{kToday, kToday - days{730}}, off), (std::vector{1.0, 1.0}));
}

TEST(AnalysisTimeWeights, FutureRowsHaveAgeZero) {
    const std::vector<double> weights =
        time_weights(Dates{kToday + days{1}, kToday + days{900}, kToday, kToday - days{100}}, kWeighting);
    EXPECT_EQ(weights[0], weights[1]);
    EXPECT_DOUBLE_EQ(weights[2] / weights[0], std::exp2(-0.5 / 730.0));
    EXPECT_DOUBLE_EQ(weights[3] / weights[0], std::exp2(-100.5 / 730.0));
}

TEST(AnalysisTimeWeights, MomentCancelsToTheLastBit) {
    const Dates dates{kToday - days{1}, kToday - days{77}, std::nullopt, kToday - days{1234}};
    const std::vector<double> weights = time_weights(dates, kWeighting);
    for (const double fraction : {0.0, 0.123456789, 0.999999}) {
        EXPECT_EQ(time_weights(dates, {.as_of = {kToday, fraction}}), weights);
        EXPECT_EQ(time_weights(dates, {.as_of = {kToday + days{365}, fraction}}), weights);
    }
}

TEST(AnalysisTimeWeights, HalfLifeIsAtLeastOneDay) {
    const Dates dates{kToday, kToday - days{1}};
    TimeWeighting one_day = kWeighting;
    one_day.half_life_days = 1.0;
    for (const double half_life : {0.25, 0.0, -730.0, std::numeric_limits<double>::quiet_NaN()}) {
        TimeWeighting shorter = kWeighting;
        shorter.half_life_days = half_life;
        EXPECT_EQ(time_weights(dates, shorter), time_weights(dates, one_day)) << half_life;
    }
}

TEST(AnalysisTimeWeights, ExtremeAgesStayFinite) {
    const Day ancient{days{std::numeric_limits<int>::min()}};
    const Day distant{days{std::numeric_limits<int>::max()}};
    TimeWeighting short_memory = kWeighting;
    short_memory.half_life_days = 1.0;
    const std::vector<double> weights = time_weights(Dates{ancient, distant, kToday, std::nullopt}, short_memory);
    EXPECT_NEAR(sum(weights), 4.0, 1e-12);
    for (const double weight : weights) {
        EXPECT_TRUE(std::isfinite(weight));
        EXPECT_GE(weight, 0.0);
    }
    EXPECT_EQ(time_weights(Dates{ancient, ancient}, short_memory), (std::vector{1.0, 1.0}));
}

TEST(AnalysisTimeWeights, LabelNamesTheHalfLife) {
    EXPECT_EQ(weighting_label(kWeighting), "time_weighted_half_life_730d");
    EXPECT_EQ(weighting_label({.as_of = {kToday, 0.0}, .half_life_days = 0.5}), "time_weighted_half_life_1d");
    EXPECT_EQ(weighting_label({.as_of = {kToday, 0.0}, .enabled = false}), "unweighted");
}

}  // namespace
}  // namespace pipeline_forecast::analysis
