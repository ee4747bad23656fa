// Conversion rates on hand-checked segments, and their edges.
#include "core/analysis/conversion.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/analysis/rounding.hpp"
#include "analysis_moment.hpp"

namespace pipeline_forecast::analysis {
namespace {

using std::chrono::year;

std::vector<DatedOutcome> hand_checked() {
    return {{Outcome::kWon, year{2026} / 1 / 18},
            {Outcome::kLost, year{2023} / 12 / 10},
            {Outcome::kOpen, year{2025} / 1 / 13},
            {Outcome::kOpen, year{2026} / 3 / 1}};
}

std::vector<DatedOutcome> of_today(std::size_t won, std::size_t lost, std::size_t open) {
    std::vector<DatedOutcome> rows(won, {Outcome::kWon, kToday});
    rows.insert(rows.end(), lost, {Outcome::kLost, kToday});
    rows.insert(rows.end(), open, {Outcome::kOpen, kToday});
    return rows;
}

TEST(AnalysisConversion, HandCheckedTally) {
    const OutcomeTally tally = tally_outcomes(hand_checked(), kWeighting);
    EXPECT_EQ(tally.won, 1U);
    EXPECT_EQ(tally.lost, 1U);
    EXPECT_EQ(tally.open, 2U);
    EXPECT_EQ(tally.total(), 4U);
    EXPECT_EQ(round_half_even(tally.weighted_won, 2), 1.24);
    EXPECT_EQ(round_half_even(tally.weighted_lost, 2), 0.60);
    EXPECT_EQ(round_half_even(tally.weighted_open, 2), 2.16);
    EXPECT_NEAR(tally.weighted_won + tally.weighted_lost + tally.weighted_open, 4.0, 1e-12);
    EXPECT_EQ(tally.lightest_weight, tally.weighted_lost);
    EXPECT_GT(tally.heaviest_weight, tally.weighted_won);
}

TEST(AnalysisConversion, HandCheckedRates) {
    const OutcomeTally tally = tally_outcomes(hand_checked(), kWeighting);

    const ConversionEstimate inclusive = inclusive_conversion(tally, 1.0);
    EXPECT_NEAR(inclusive.rate.value(), 0.3740597865, 1e-10);
    EXPECT_NEAR(inclusive.raw_rate.value(), tally.weighted_won / 4.0, 1e-15);
    EXPECT_EQ(inclusive.confidence, 0.04);

    const ConversionEstimate closed = closed_only_conversion(tally, 1.0, std::nullopt);
    EXPECT_NEAR(closed.rate.value(), 0.5839589092, 1e-10);
    EXPECT_NEAR(closed.raw_rate.value(), tally.weighted_won / (tally.weighted_won + tally.weighted_lost), 1e-15);
    EXPECT_EQ(closed.confidence, 0.02);

    const ConversionEstimate drawn = closed_only_conversion(tally, 1.0, ConversionPrior{0.3, 20.0});
    EXPECT_NEAR(drawn.rate.value(), 0.3316505289, 1e-10);
    EXPECT_EQ(drawn.raw_rate, closed.raw_rate);
    EXPECT_EQ(drawn.confidence, closed.confidence);
}

TEST(AnalysisConversion, NoRows) {
    const OutcomeTally tally = tally_outcomes({}, kWeighting);
    const ConversionEstimate inclusive = inclusive_conversion(tally, 1.0);
    EXPECT_EQ(inclusive.rate, 0.5);
    EXPECT_FALSE(inclusive.raw_rate);
    EXPECT_EQ(inclusive.confidence, 0.0);
    EXPECT_FALSE(closed_only_conversion(tally, 1.0, ConversionPrior{0.3, 20.0}).rate);
    EXPECT_FALSE(tally.closed_win_rate());
}

TEST(AnalysisConversion, NothingEndedHasNoClosedRate) {
    const OutcomeTally tally = tally_outcomes(of_today(0, 0, 40), kWeighting);
    EXPECT_DOUBLE_EQ(inclusive_conversion(tally, 1.0).rate.value(), 1.0 / 42.0);
    for (const std::optional<ConversionPrior> &prior :
         {std::optional<ConversionPrior>{}, std::optional(ConversionPrior{0.3, 20.0})}) {
        const ConversionEstimate closed = closed_only_conversion(tally, 1.0, prior);
        EXPECT_FALSE(closed.rate);
        EXPECT_FALSE(closed.raw_rate);
        EXPECT_EQ(closed.confidence, 0.0);
    }
}

TEST(AnalysisConversion, ConfidenceCountsToAHundred) {
    const auto confidences = [](std::size_t won, std::size_t open) {
        const OutcomeTally tally = tally_outcomes(of_today(won, 0, open), kWeighting);
        return std::pair(inclusive_conversion(tally, 1.0).confidence,
                         closed_only_conversion(tally, 1.0, std::nullopt).confidence);
    };
    EXPECT_EQ(confidences(1, 14), std::pair(0.15, 0.01));
    EXPECT_EQ(confidences(50, 49), std::pair(0.99, 0.50));
    EXPECT_EQ(confidences(100, 0), std::pair(1.0, 1.0));
    EXPECT_EQ(confidences(101, 99), std::pair(1.0, 1.0));
}

TEST(AnalysisConversion, ClosedWinRateIsUnweighted) {
    const OutcomeTally tally = tally_outcomes(hand_checked(), kWeighting);
    EXPECT_EQ(tally.closed_win_rate(), 0.5);
    EXPECT_EQ(tally_outcomes(of_today(3, 1, 9), kWeighting).closed_win_rate(), 0.75);
}

TEST(AnalysisConversion, LaplaceSmoothing) {
    EXPECT_EQ(laplace_rate(0, 0, 1.0), 0.5);
    EXPECT_EQ(laplace_rate(1, 1, 1.0), 2.0 / 3.0);
    EXPECT_EQ(laplace_rate(0, 3, 1.0), 0.2);
    EXPECT_EQ(laplace_rate(3, 4, 0.0), 0.75);
    EXPECT_EQ(laplace_rate(0, 0, 0.0), 0.5);
}

TEST(AnalysisConversion, WithoutWeightsSumsAreCounts) {
    TimeWeighting off = kWeighting;
    off.enabled = false;
    const OutcomeTally tally = tally_outcomes(hand_checked(), off);
    EXPECT_EQ(tally.weighted_won, 1.0);
    EXPECT_EQ(tally.weighted_lost, 1.0);
    EXPECT_EQ(tally.weighted_open, 2.0);
}

TEST(AnalysisConversion, OutcomesHaveNames) {
    for (const Outcome outcome : {Outcome::kOpen, Outcome::kWon, Outcome::kLost}) {
        EXPECT_EQ(parse_outcome(to_string(outcome)), outcome);
    }
    EXPECT_FALSE(parse_outcome("Won"));
    EXPECT_FALSE(parse_outcome(""));
}

}  // namespace
}  // namespace pipeline_forecast::analysis
