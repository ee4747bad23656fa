// Quantiles, and the gestation baseline on hand-checked samples.
#include "core/analysis/gestation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/analysis/quantiles.hpp"
#include "analysis_moment.hpp"

namespace pipeline_forecast::analysis {
namespace {

using std::chrono::year;

constexpr TimeWeighting kUnweighted{.as_of = {kToday, 0.5}, .enabled = false};

TEST(AnalysisQuantiles, EqualWeightsHaveNoHalfStep) {
    const std::vector<double> values{10, 20, 30, 40};
    const std::vector<double> shares = cumulative_shares(std::vector<double>(4, 1.0));
    EXPECT_EQ(weighted_quantile(values, shares, 0.25), 10.0);
    EXPECT_EQ(weighted_quantile(values, shares, 0.50), 20.0);
    EXPECT_EQ(weighted_quantile(values, shares, 0.75), 30.0);
    EXPECT_EQ(weighted_quantile(values, shares, 0.0), 10.0);
    EXPECT_EQ(weighted_quantile(values, shares, 1.0), 40.0);
    EXPECT_DOUBLE_EQ(weighted_quantile(values, shares, 0.6), 24.0);
}

TEST(AnalysisQuantiles, RowsWithoutWeightDoNotDivideByZero) {
    const std::vector<double> values{1, 2, 3, 4};
    const std::vector<double> shares = cumulative_shares(std::vector<double>{0.0, 1.0, 0.0, 1.0});
    EXPECT_EQ(weighted_quantile(values, shares, 0.0), 1.0);
    EXPECT_EQ(weighted_quantile(values, shares, 0.5), 2.0);
    EXPECT_EQ(weighted_quantile(values, shares, 0.75), 3.5);
}

TEST(AnalysisQuantiles, Type7) {
    const std::vector<double> values{1, 2, 4, 8};
    EXPECT_EQ(type7_quantile(values, 0.25), 1.75);
    EXPECT_EQ(type7_quantile(values, 0.5), 3.0);
    EXPECT_EQ(type7_quantile(values, 0.75), 5.0);
    EXPECT_EQ(type7_quantile(values, 1.0), 8.0);
    EXPECT_EQ(type7_quantile(std::vector<double>{7}, 0.25), 7.0);
}

struct GestationVector {
    std::vector<GestationSample> samples;
    std::size_t sample_size;
    GestationStatistics expected;
    double confidence;
};

TEST(AnalysisGestation, HandCheckedVectors) {
    const Day new_year = year{2026} / 1 / 1;
    const std::vector<GestationVector> vectors{
        {{{10, kToday}, {20, year{2024} / 2 / 18}, {30, year{2022} / 2 / 18}},
         3,
         {.median = 10, .p25 = 10, .p75 = 16, .iqr = 6, .mean = 16, .standard_deviation = 7},
         0.23},
        {{{45, year{2026} / 2 / 7}, {60, year{2025} / 8 / 1}, {75, std::nullopt}, {90, year{2023} / 9 / 1}},
         4,
         {.median = 51, .p25 = 45, .p75 = 66, .iqr = 21, .mean = 62, .standard_deviation = 16},
         0.31},
        {{{0, new_year}, {1000, new_year}, {999, new_year}, {5, new_year}, {7, new_year}},
         3,
         {.median = 6, .p25 = 5, .p75 = 255, .iqr = 250, .mean = 337, .standard_deviation = 468},
         0.07},
    };
    for (const GestationVector &vector : vectors) {
        const GestationBaseline baseline = summarize_gestation(vector.samples, kWeighting).baseline;
        EXPECT_EQ(baseline.sample_size, vector.sample_size);
        EXPECT_EQ(baseline.confidence, vector.confidence);
        ASSERT_TRUE(baseline.statistics);
        EXPECT_EQ(baseline.expected_days(), vector.expected.median);
        EXPECT_EQ(baseline.statistics->p25, vector.expected.p25);
        EXPECT_EQ(baseline.statistics->p75, vector.expected.p75);
        EXPECT_EQ(baseline.statistics->iqr, vector.expected.iqr);
        EXPECT_EQ(baseline.statistics->mean, vector.expected.mean);
        EXPECT_EQ(baseline.statistics->standard_deviation, vector.expected.standard_deviation);
    }
}

TEST(AnalysisGestation, ValidFrom1To999) {
    EXPECT_FALSE(is_valid_gestation(std::nullopt));
    EXPECT_FALSE(is_valid_gestation(std::numeric_limits<int>::min()));
    EXPECT_FALSE(is_valid_gestation(-1));
    EXPECT_FALSE(is_valid_gestation(0));
    EXPECT_TRUE(is_valid_gestation(1));
    EXPECT_TRUE(is_valid_gestation(999));
    EXPECT_FALSE(is_valid_gestation(1000));
    EXPECT_FALSE(is_valid_gestation(std::numeric_limits<int>::max()));
}

TEST(AnalysisGestation, FewerThanThreeGiveNoEstimateButQuartiles) {
    const GestationSummary none = summarize_gestation({}, kWeighting);
    EXPECT_EQ(none.baseline.sample_size, 0U);
    EXPECT_EQ(none.baseline.confidence, 0.0);
    EXPECT_FALSE(none.baseline.expected_days());
    EXPECT_FALSE(none.unweighted_quartiles);

    const GestationSummary two = summarize_gestation({{40, kToday}, {20, kToday}, {0, kToday}}, kWeighting);
    EXPECT_EQ(two.baseline.sample_size, 2U);
    EXPECT_EQ(two.baseline.confidence, 0.0);
    EXPECT_FALSE(two.baseline.expected_days());
    ASSERT_TRUE(two.unweighted_quartiles);
    EXPECT_EQ(two.unweighted_quartiles->first, 25.0);
    EXPECT_EQ(two.unweighted_quartiles->third, 35.0);

    EXPECT_TRUE(summarize_gestation({{40, kToday}, {20, kToday}, {9, kToday}}, kWeighting).baseline.expected_days());
}

TEST(AnalysisGestation, WithoutWeightsTheSampleFormsAreUsed) {
    const GestationBaseline baseline =
        summarize_gestation({{10, kToday}, {20, year{2000} / 1 / 1}, {30, std::nullopt}, {40, kToday}}, kUnweighted)
            .baseline;
    ASSERT_TRUE(baseline.statistics);
    EXPECT_EQ(baseline.statistics->p25, 18);  // 17.5, half to even
    EXPECT_EQ(baseline.statistics->median, 25);
    EXPECT_EQ(baseline.statistics->p75, 32);  // 32.5, half to even
    EXPECT_EQ(baseline.statistics->iqr, 15);  // not 32 - 18
    EXPECT_EQ(baseline.statistics->mean, 25);
    EXPECT_EQ(baseline.statistics->standard_deviation,
              13);                         // 12.91; the population form would be 11
    EXPECT_EQ(baseline.confidence, 0.24);  // 0.7 * 4 / 30 + 0.3 * (1 - 12.91 / 25)
}

TEST(AnalysisGestation, ConfidenceGrowsToThirtyAndShrinksWithSpread) {
    const auto confidence_of_equal = [](std::size_t count) {
        return summarize_gestation(std::vector<GestationSample>(count, {50, kToday}), kWeighting).baseline.confidence;
    };
    EXPECT_EQ(confidence_of_equal(3), 0.37);
    EXPECT_EQ(confidence_of_equal(15), 0.65);
    EXPECT_EQ(confidence_of_equal(29), 0.98);
    EXPECT_EQ(confidence_of_equal(30), 1.0);
    EXPECT_EQ(confidence_of_equal(31), 1.0);

    // A deviation above the mean takes nothing away from the part that the size earns.
    std::vector<GestationSample> uneven(30, {1, kToday});
    uneven.front().days = 999;
    EXPECT_EQ(summarize_gestation(uneven, kWeighting).baseline.confidence, 0.7);
}

TEST(AnalysisGestation, TiedValuesTakeTheHeaviestFirst) {
    // Shares by value: 10 -> 4/13, 20 (new) -> 8/13, 20 (old) -> 9/13, 30 -> 1. With the old one first the median
    // would be 20.
    const Day old = kToday - std::chrono::days{1460};
    std::vector<GestationSample> samples{{20, old}, {10, kToday}, {30, kToday}, {20, kToday}};
    std::sort(samples.begin(), samples.end(), [](const auto &left, const auto &right) {
        return std::pair(left.days, left.created) < std::pair(right.days, right.created);
    });
    const auto by_date_and_value = [](const auto &left, const auto &right) {
        return std::pair(left.created, left.days) < std::pair(right.created, right.days);
    };
    EXPECT_EQ(summarize_gestation(samples, kWeighting).baseline.expected_days(), 16);
    std::sort(samples.begin(), samples.end(), by_date_and_value);
    do {
        EXPECT_EQ(summarize_gestation(samples, kWeighting).baseline.expected_days(), 16);
    } while (std::next_permutation(samples.begin(), samples.end(), by_date_and_value));
}

}  // namespace
}  // namespace pipeline_forecast::analysis
