// The rating: hand-checked vectors, every breakpoint, each bonus, ceiling and stretch.
#include "core/analysis/rating.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/analysis/rounding.hpp"

namespace pipeline_forecast::analysis {
namespace {

constexpr auto kAllBands = {ValueBand::kZero, ValueBand::kSmall, ValueBand::kMedium, ValueBand::kLarge,
                            ValueBand::kXLarge};

Rating rate(std::optional<double> conversion_rate, std::optional<int> days, std::optional<ValueBand> band,
            std::optional<double> value_share = std::nullopt) {
    RatingInputs inputs;
    inputs.conversion_rate = conversion_rate;
    inputs.expected_days = days;
    inputs.band = band;
    inputs.value_share = value_share;
    return rate_project(inputs);
}

struct Terms {
    double base;
    double cap;
};

Terms terms_of(ValueBand band) {
    switch (band) {
        case ValueBand::kZero: return {0.05, 0.30};
        case ValueBand::kSmall: return {0.35, 0.70};
        case ValueBand::kMedium: return {0.55, 0.85};
        case ValueBand::kLarge: return {0.75, 0.95};
        case ValueBand::kXLarge: break;
    }
    return {0.92, 1.00};
}

// The share of smaller values at which a band has this value score.
double share_for(ValueBand band, double value_score) {
    const Terms terms = terms_of(band);
    return std::pow((value_score - terms.base) / (terms.cap - terms.base), 1.25);
}

// With quartiles at 0 and 85,000 the score falls by 0.00001 a day: 1 - score = days / 100,000.
Rating rate_with_gestation_score(double conversion_rate, double gestation_score, ValueBand band, double value_score) {
    RatingInputs inputs;
    inputs.conversion_rate = conversion_rate;
    inputs.expected_days = static_cast<int>(std::lround((1.0 - gestation_score) * 100'000));
    inputs.gestation_quartiles = Quartiles{0.0, 85'000.0};
    inputs.band = band;
    inputs.value_share = share_for(band, value_score);
    return rate_project(inputs);
}

struct RatingVector {
    double conversion_rate;
    std::optional<int> days;
    std::optional<ValueBand> band;
    double conversion_score;
    double gestation_score;
    double value_score;
    double bonus;
    double final_value;
    int score;
};

TEST(AnalysisRating, HandCheckedVectors) {
    const std::vector<RatingVector> vectors{
        {.23, std::nullopt, ValueBand::kZero, .650, .60, .05, 0, .370, 38},
        {.50, 30, ValueBand::kSmall, .975, 1.0, .35, .06, .650, 66},
        {.35, 60, ValueBand::kMedium, .880, .90, .55, .06, .788, 79},
        {.30, 100, ValueBand::kLarge, .800, .60, .75, .04, .772, 78},
        {.45, 45, ValueBand::kXLarge, .950, .90, .92, .30, 1.0, 100},
        {.40, 75, ValueBand::kXLarge, .915, .75, .92, .24, 1.0, 100},
        {.05, 400, ValueBand::kZero, .200, .15, .05, -.08, .074, 9},
        {.20, 200, ValueBand::kSmall, .500, .25, .35, 0, .390, 40},
        {.25, 90, ValueBand::kMedium, .693, .75, .55, 0, .624, 63},
        {.23, 120, std::nullopt, .650, .60, .50, 0, .563, 57},
        {.10, 181, ValueBand::kZero, .300, .25, .05, 0, .202, 22},
    };
    for (const RatingVector &vector : vectors) {
        SCOPED_TRACE(vector.score);
        const Rating rating = rate(vector.conversion_rate, vector.days, vector.band);
        EXPECT_EQ(rating.score, vector.score);
        EXPECT_EQ(round_half_even(rating.conversion_score, 3), vector.conversion_score);
        EXPECT_EQ(round_half_even(rating.gestation_score, 3), vector.gestation_score);
        EXPECT_EQ(round_half_even(rating.value_score, 3), vector.value_score);
        EXPECT_EQ(rating.account_score, 0.5);
        EXPECT_EQ(rating.product_type_score, 0.5);
        EXPECT_NEAR(rating.total_bonus, vector.bonus, 1e-12);
        EXPECT_NEAR(rating.final_value, vector.final_value, 0.0005 + 1e-12);
    }
}

TEST(AnalysisRating, ConversionCurve) {
    const auto score = [](double rate_of_segment) {
        return rate(rate_of_segment, std::nullopt, ValueBand::kZero).conversion_score;
    };
    const std::vector<std::pair<double, double>> points{{.10, .30}, {.20, .50}, {.23, .65}, {.30, .80},
                                                        {.35, .88}, {.45, .95}, {.55, 1.00}};
    double previous_x = 0.0;
    double previous_y = 0.10;
    for (const auto &[x, y] : points) {
        SCOPED_TRACE(x);
        const double slope = (y - previous_y) / (x - previous_x);
        EXPECT_EQ(score(x), y);
        EXPECT_NEAR(score(x - 0.001), y - 0.001 * slope, 1e-12);
        EXPECT_NEAR(score((x + previous_x) / 2), (y + previous_y) / 2, 1e-12);
        EXPECT_NEAR(score(previous_x + 0.001), previous_y + 0.001 * slope, 1e-12);
        previous_x = x;
        previous_y = y;
    }
    EXPECT_EQ(score(0.551), 1.0);
    EXPECT_EQ(score(1.0), 1.0);
}

TEST(AnalysisRating, NoConversionRateCountsAsHalf) {
    const Rating half = rate(0.5, 100, ValueBand::kLarge);
    for (const std::optional<double> none : {std::optional<double>{}, std::optional(0.0)}) {
        const Rating rating = rate(none, 100, ValueBand::kLarge);
        EXPECT_EQ(rating.conversion_rate, 0.5);
        EXPECT_EQ(rating.conversion_score, half.conversion_score);
        EXPECT_EQ(rating.score, half.score);
    }
    EXPECT_LT(rate(1e-9, 100, ValueBand::kLarge).conversion_score, 0.1001);
}

TEST(AnalysisRating, GestationBinsWithoutQuartiles) {
    const auto score = [](int days) { return rate(0.2, days, ValueBand::kZero).gestation_score; };
    const std::vector<std::pair<int, double>> bins{{30, 1.00}, {60, .90},  {90, .75},
                                                   {120, .60}, {180, .45}, {300, .25}};
    for (std::size_t i = 0; i < bins.size(); ++i) {
        SCOPED_TRACE(bins[i].first);
        EXPECT_EQ(score(bins[i].first - 1), bins[i].second);
        EXPECT_EQ(score(bins[i].first), bins[i].second);
        EXPECT_EQ(score(bins[i].first + 1), i + 1 < bins.size() ? bins[i + 1].second : 0.15);
    }
    EXPECT_EQ(score(1), 1.00);
    EXPECT_EQ(score(100'000), 0.15);
    EXPECT_EQ(rate(0.2, std::nullopt, ValueBand::kZero).gestation_score, 0.60);
}

TEST(AnalysisRating, GestationBetweenQuartiles) {
    const auto score = [](std::optional<int> days, Quartiles quartiles) {
        RatingInputs inputs;
        inputs.expected_days = days;
        inputs.gestation_quartiles = quartiles;
        return rate_project(inputs).gestation_score;
    };
    const Quartiles quartiles{50.0, 150.0};
    EXPECT_EQ(score(49, quartiles), 1.0);
    EXPECT_EQ(score(50, quartiles), 1.0);
    EXPECT_NEAR(score(51, quartiles), 0.9915, 1e-12);
    EXPECT_NEAR(score(100, quartiles), 0.575, 1e-12);
    EXPECT_NEAR(score(149, quartiles), 0.1585, 1e-12);
    EXPECT_EQ(score(150, quartiles), 0.15);
    EXPECT_EQ(score(151, quartiles), 0.15);
    EXPECT_EQ(score(std::nullopt, quartiles), 0.60);
    // Quartiles that coincide say nothing; the bins decide.
    EXPECT_EQ(score(60, {50.0, 50.0}), 0.90);
    EXPECT_EQ(score(61, {50.0, 50.0}), 0.75);
}

TEST(AnalysisRating, ValueScoreRisesFromBaseToCap) {
    for (const ValueBand band : kAllBands) {
        SCOPED_TRACE(std::string(to_string(band)));
        const Terms terms = terms_of(band);
        EXPECT_EQ(rate(0.2, 100, band).value_score, terms.base);
        EXPECT_EQ(rate(0.2, 100, band, 0.0).value_score, terms.base);
        EXPECT_NEAR(rate(0.2, 100, band, 0.5).value_score, terms.base + (terms.cap - terms.base) * 0.574349177498517,
                    1e-12);
        EXPECT_NEAR(rate(0.2, 100, band, 1.0).value_score, terms.cap, 1e-15);
        EXPECT_LE(rate(0.2, 100, band, 1.0).value_score, terms.cap);
    }
    EXPECT_EQ(rate(0.2, 100, std::nullopt).value_score, 0.50);
    EXPECT_NEAR(rate(0.2, 100, std::nullopt, 1.0).value_score, 0.90, 1e-15);
}

TEST(AnalysisRating, RecordsOfAccountAndProductType) {
    RatingInputs inputs;
    inputs.account = WinRecord{2, 3};
    inputs.product_type = WinRecord{0, 8};
    const Rating rating = rate_project(inputs);
    EXPECT_DOUBLE_EQ(rating.account_score, 0.6);
    EXPECT_DOUBLE_EQ(rating.product_type_score, 0.1);
    inputs.account = WinRecord{0, 0};
    EXPECT_EQ(rate_project(inputs).account_score, 0.5);
}

TEST(AnalysisRating, WeightedSum) {
    RatingInputs inputs;
    inputs.conversion_rate = 0.10;
    inputs.expected_days = 90;
    inputs.band = ValueBand::kSmall;
    inputs.account = WinRecord{3, 3};
    inputs.product_type = WinRecord{0, 3};
    EXPECT_NEAR(rate_project(inputs).weighted_sum, 0.30 * 0.30 + 0.43 * 0.35 + 0.18 * 0.75 + 0.06 * 0.8 + 0.03 * 0.2,
                1e-15);
    EXPECT_DOUBLE_EQ(kRatingWeights.conversion + kRatingWeights.value + kRatingWeights.gestation +
                         kRatingWeights.account + kRatingWeights.product_type,
                     1.0);
}

constexpr double kStep = 0.0001;  // small, but more than a day of the gestation scale

TEST(AnalysisRating, AlignmentThresholds) {
    const double good = 0.9;
    const auto alignment = [](double cr, double gestation, ValueBand band, double value) {
        return rate_with_gestation_score(cr, gestation, band, value).alignment_bonus;
    };
    // The strongest rule; where it fails the second holds.
    EXPECT_EQ(alignment(.35, good, ValueBand::kMedium, .80 + kStep), 0.10);
    EXPECT_EQ(alignment(.35, good, ValueBand::kMedium, .80 - kStep), 0.06);
    EXPECT_EQ(alignment(.35, .75 + kStep, ValueBand::kMedium, .84), 0.10);
    EXPECT_EQ(alignment(.35, .75 - kStep, ValueBand::kMedium, .84), 0.06);
    EXPECT_EQ(alignment(.35 - kStep, good, ValueBand::kMedium, .84), 0.06);
    // The second; where it fails the third holds.
    EXPECT_EQ(alignment(.30, good, ValueBand::kMedium, .70 + kStep), 0.06);
    EXPECT_EQ(alignment(.30, good, ValueBand::kMedium, .70 - kStep), 0.04);
    EXPECT_EQ(alignment(.30, .65 + kStep, ValueBand::kMedium, .84), 0.06);
    EXPECT_EQ(alignment(.30, .65 - kStep, ValueBand::kMedium, .84), 0.04);
    EXPECT_EQ(alignment(.30 - kStep, good, ValueBand::kMedium, .84), 0.04);
    // The third holds in any band and at any gestation.
    EXPECT_EQ(alignment(.25, .15, ValueBand::kMedium, .60 + kStep), 0.04);
    EXPECT_EQ(alignment(.25, .15, ValueBand::kMedium, .60 - kStep), 0.0);
    EXPECT_EQ(alignment(.25 - kStep, .15, ValueBand::kMedium, .84), 0.0);
    EXPECT_EQ(alignment(.50, 1.0, ValueBand::kSmall, .60 + kStep), 0.04);
    EXPECT_EQ(alignment(.50, 1.0, ValueBand::kSmall, .69), 0.04);
    EXPECT_EQ(alignment(.50, 1.0, ValueBand::kZero, .29), 0.0);
    // Exactly at the thresholds that binary fractions can hit: the bins for gestation, the bases for value.
    EXPECT_EQ(rate(.35, 90, ValueBand::kXLarge).alignment_bonus, 0.10);
    EXPECT_EQ(rate(.35, 91, ValueBand::kXLarge).alignment_bonus, 0.04);
    EXPECT_EQ(rate(.30, 90, ValueBand::kLarge).alignment_bonus, 0.06);
    // An unknown band counts as big.
    EXPECT_EQ(rate(.35, 60, std::nullopt, 1.0).alignment_bonus, 0.10);
}

TEST(AnalysisRating, WeaknessNeedsAllThree) {
    const auto weakness = [](double cr, double gestation, double value) {
        return rate_with_gestation_score(cr, gestation, ValueBand::kZero, value).weakness_bonus;
    };
    // A conversion rate of 0.075 has the score 0.25.
    EXPECT_EQ(weakness(.075 - kStep, .40 - kStep, .30), -0.08);
    EXPECT_EQ(weakness(.075 + kStep, .40 - kStep, .30), 0.0);
    EXPECT_EQ(weakness(.075 - kStep, .40 + kStep, .30), 0.0);
    EXPECT_EQ(rate(.01, 300, ValueBand::kZero, 1.0).weakness_bonus, -0.08);  // value score 0.30
    EXPECT_EQ(rate(.01, 180, ValueBand::kZero).weakness_bonus, 0.0);         // gestation score 0.45
    EXPECT_EQ(rate(.01, 300, ValueBand::kSmall).weakness_bonus, 0.0);        // value score 0.35
}

TEST(AnalysisRating, MomentumRulesAddUp) {
    const auto momentum = [](double cr, double gestation, ValueBand band, double value) {
        return rate_with_gestation_score(cr, gestation, band, value).momentum_bonus;
    };
    // High value with a short gestation.
    EXPECT_NEAR(momentum(.20, .75 + kStep, ValueBand::kLarge, .85 + kStep), 0.08, 1e-15);
    EXPECT_EQ(momentum(.20, .75 - kStep, ValueBand::kLarge, .85 + kStep), 0.0);
    EXPECT_EQ(momentum(.20, .75 + kStep, ValueBand::kLarge, .85 - kStep), 0.0);
    // Good conversion with a very short gestation, in any band.
    EXPECT_NEAR(momentum(.35, .85 + kStep, ValueBand::kSmall, .40), 0.06, 1e-15);
    EXPECT_EQ(momentum(.35, .85 - kStep, ValueBand::kSmall, .40), 0.0);
    EXPECT_EQ(momentum(.35 - kStep, .85 + kStep, ValueBand::kSmall, .40), 0.0);
    // High and very high conversion of big projects.
    EXPECT_NEAR(momentum(.40, .50, ValueBand::kMedium, .60), 0.06, 1e-15);
    EXPECT_EQ(momentum(.40 - kStep, .50, ValueBand::kMedium, .60), 0.0);
    EXPECT_NEAR(momentum(.50, .50, ValueBand::kMedium, .60), 0.11, 1e-15);
    EXPECT_NEAR(momentum(.50 - kStep, .50, ValueBand::kMedium, .60), 0.06, 1e-15);
    EXPECT_EQ(momentum(.60, .50, ValueBand::kSmall, .60), 0.0);
    EXPECT_EQ(momentum(.60, .50, ValueBand::kZero, .20), 0.0);
    // All four.
    EXPECT_NEAR(momentum(.50, .90, ValueBand::kXLarge, .95), 0.25, 1e-15);
    EXPECT_NEAR(rate(.50, 30, std::nullopt, 1.0).momentum_bonus, 0.25, 1e-15);
}

TEST(AnalysisRating, TotalBonusIsCapped) {
    const Rating best = rate(0.55, 10, ValueBand::kXLarge);
    EXPECT_NEAR(best.alignment_bonus + best.momentum_bonus, 0.35, 1e-15);
    EXPECT_EQ(best.total_bonus, 0.30);
    EXPECT_EQ(rate(0.01, 400, ValueBand::kZero).total_bonus, -0.08);
}

// All scores at their best, so that only the ceiling holds the project back.
Rating best_of(std::optional<ValueBand> band) {
    RatingInputs inputs;
    inputs.conversion_rate = 0.9;
    inputs.expected_days = 1;
    inputs.band = band;
    inputs.value_share = 1.0;
    inputs.account = WinRecord{999, 999};
    inputs.product_type = WinRecord{999, 999};
    return rate_project(inputs);
}

TEST(AnalysisRating, CeilingThenStretch) {
    EXPECT_EQ(best_of(ValueBand::kZero).ceiling, 55);
    EXPECT_EQ(best_of(ValueBand::kZero).score, 56);
    EXPECT_EQ(best_of(ValueBand::kSmall).ceiling, 65);
    EXPECT_EQ(best_of(ValueBand::kSmall).score, 66);
    EXPECT_EQ(best_of(ValueBand::kMedium).ceiling, 85);
    EXPECT_NEAR(best_of(ValueBand::kMedium).final_value, 0.895, 1e-12);
    EXPECT_EQ(best_of(ValueBand::kMedium).score, 90);
    EXPECT_EQ(best_of(ValueBand::kLarge).ceiling, 95);
    EXPECT_EQ(best_of(ValueBand::kLarge).score, 100);
    EXPECT_EQ(best_of(ValueBand::kXLarge).ceiling, 100);
    EXPECT_EQ(best_of(ValueBand::kXLarge).score, 100);
    EXPECT_FALSE(best_of(std::nullopt).ceiling);
    EXPECT_EQ(best_of(std::nullopt).score, 100);
}

TEST(AnalysisRating, StretchBeginsAboveSeventyPercent) {
    // Large, no bonus but the third alignment: the sum moves with the account's record.
    const auto with_account = [](WinRecord account) {
        RatingInputs inputs;
        inputs.conversion_rate = 0.23;
        inputs.expected_days = 200;
        inputs.band = ValueBand::kLarge;
        inputs.value_share = 1.0;
        inputs.account = account;
        return rate_project(inputs);
    };
    const Rating below = with_account({0, 98});  // 0.30*0.65 + 0.43*0.95 + 0.18*0.25 + 0.06*0.01 + 0.015
    EXPECT_NEAR(below.weighted_sum, 0.6641, 1e-12);
    EXPECT_EQ(below.final_value, below.weighted_sum);
    const Rating just_below = with_account({59, 98});
    EXPECT_NEAR(just_below.weighted_sum, 0.6995, 1e-12);
    EXPECT_EQ(just_below.final_value, just_below.weighted_sum);
    const Rating just_above = with_account({61, 98});
    EXPECT_NEAR(just_above.weighted_sum, 0.7007, 1e-12);
    EXPECT_NEAR(just_above.final_value, 0.70 + 1.3 * 0.0007, 1e-12);
    const Rating above = with_account({98, 98});
    EXPECT_NEAR(above.weighted_sum, 0.7229, 1e-12);
    EXPECT_NEAR(above.final_value, 0.70 + 1.3 * 0.0229, 1e-12);
    EXPECT_NEAR(above.final_value_less_bonus(), above.final_value, 1e-15);
}

TEST(AnalysisRating, ReachesFrom2To100) {
    RatingInputs worst;
    worst.conversion_rate = std::numeric_limits<double>::min();
    worst.expected_days = 5000;
    worst.band = ValueBand::kZero;
    worst.account = WinRecord{0, 1'000'000};
    worst.product_type = WinRecord{0, 1'000'000};
    const Rating rating = rate_project(worst);
    EXPECT_NEAR(rating.weighted_sum, 0.0785, 1e-5);
    EXPECT_EQ(rating.final_value, 0.0);  // 0.0785 - 0.08 is below zero
    EXPECT_EQ(rating.score, 2);
}

TEST(AnalysisRating, MonotoneInEachInput) {
    for (const ValueBand band : kAllBands) {
        int previous = 0;
        for (int percent = 1; percent <= 100; ++percent) {  // 0 counts as 0.5
            const int score = rate(percent / 100.0, 100, band, 0.4).score;
            EXPECT_GE(score, previous) << percent;
            previous = score;
        }
        previous = 0;
        for (int percent = 0; percent <= 100; ++percent) {
            const int score = rate(0.37, 70, band, percent / 100.0).score;
            EXPECT_GE(score, previous) << percent;
            previous = score;
        }
        previous = 100;
        for (int days = 1; days <= 400; ++days) {
            const int score = rate(0.37, days, band, 0.9).score;
            EXPECT_LE(score, previous) << days;
            previous = score;
        }
        previous = 0;
        for (std::size_t won = 0; won <= 20; ++won) {
            RatingInputs inputs;
            inputs.band = band;
            inputs.account = WinRecord{won, 20};
            const int score = rate_project(inputs).score;
            EXPECT_GE(score, previous) << won;
            previous = score;
        }
    }
    for (const double share : {0.0, 0.3, 1.0}) {
        int previous = 0;
        for (const ValueBand band : kAllBands) {
            const int score = rate(0.37, 70, band, share).score;
            EXPECT_GE(score, previous);
            previous = score;
        }
    }
}

}  // namespace
}  // namespace pipeline_forecast::analysis
