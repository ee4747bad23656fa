// Money and probability of a project, rule by rule.
#include "core/forecast.hpp"

#include <gtest/gtest.h>

namespace pipeline_forecast {
namespace {

constexpr Rate percent(int value) { return Rate{value * 1'000}; }

// The stage rules as they are shipped, by their two-letter names.
const ForecastInput kOpenEnquiry{.default_probability = percent(0), .default_spread = percent(25)};
const ForecastInput kCheckWithUs{.default_probability = percent(30), .default_spread = percent(20)};
const ForecastInput kAnyOther{.default_probability = percent(50), .default_spread = percent(15)};
const ForecastInput kWon{.bucket = Bucket::kCommitted, .default_probability = kRateOne};
const ForecastInput kLost{.bucket = Bucket::kLost};

ForecastInput with(ForecastInput input, std::optional<Money> order, std::optional<Money> enquiry = std::nullopt) {
    input.total_order_value = order;
    input.new_enquiry_value = enquiry;
    return input;
}

TEST(ForecastEdgeCases, ACreditTurnsBestAndWorstAround) {
    ForecastInput input = with(kOpenEnquiry, Money{-100'00}, Money{50'00});
    input.stated_probability = percent(40);
    EXPECT_EQ(contract_value(input), Money{-100'00});
    EXPECT_EQ(probability(input), percent(40));
    EXPECT_EQ(expected_value(input), Money{-40'00});
    EXPECT_EQ(worst_case_value(input), Money{-65'00});
    EXPECT_EQ(best_case_value(input), Money{-15'00});
    EXPECT_EQ(best_case_probability(input), percent(65)) << "the probabilities themselves keep their order";
    EXPECT_EQ(worst_case_probability(input), percent(15));
}

TEST(ForecastEdgeCases, AnUnknownStageIsOpen) {
    const ForecastInput input = with(kAnyOther, Money{0}, Money{1'000'05});
    EXPECT_EQ(probability(input), percent(50));
    EXPECT_EQ(probability_spread(input), percent(15));
    EXPECT_EQ(worst_case_value(input), Money{350'02});
    EXPECT_EQ(expected_value(input), Money{500'03});
    EXPECT_EQ(best_case_value(input), Money{650'03});
    EXPECT_EQ(committed_value(input), Money{0});
}

TEST(ForecastEdgeCases, AnOpenEnquiryWithoutPercentageCountsZero) {
    EXPECT_EQ(probability(kOpenEnquiry), percent(0));
    EXPECT_EQ(best_case_probability(kOpenEnquiry), percent(25));
    EXPECT_EQ(worst_case_probability(kOpenEnquiry), percent(0));
    EXPECT_EQ(probability_source(kOpenEnquiry), ProbabilitySource::kStageDefault);
}

TEST(ForecastEdgeCases, OneCentIsRounded) {
    const ForecastInput input = with(kAnyOther, Money{1});
    EXPECT_EQ(expected_value(input), Money{1});
    EXPECT_EQ(worst_case_probability(input), percent(35));
    EXPECT_EQ(worst_case_value(input), Money{0});
}

TEST(ForecastEdgeCases, ConfidenceZeroFallsBackToTheSpreadOfTheStage) {
    ForecastInput input = kCheckWithUs;
    input.expected_conversion_rate = Rate{33'500};
    input.conversion_confidence = Rate{0};
    EXPECT_EQ(probability(input), Rate{33'500});
    EXPECT_EQ(probability_spread(input), percent(20));
    EXPECT_EQ(probability_source(input), ProbabilitySource::kModel);
}

TEST(ForecastEdgeCases, FullConfidenceKeepsTheNarrowestBand) {
    ForecastInput input = kCheckWithUs;
    input.conversion_confidence = kRateOne;
    EXPECT_EQ(probability_spread(input), percent(5));
}

TEST(ForecastContractValue, TheOrderComesFirstUnlessUnknownOrZero) {
    EXPECT_EQ(contract_value(with({}, Money{7}, Money{9})), Money{7});
    EXPECT_EQ(contract_value(with({}, Money{0}, Money{9})), Money{9});
    EXPECT_EQ(contract_value(with({}, std::nullopt, Money{9})), Money{9});
    EXPECT_EQ(contract_value(with({}, Money{0}, Money{0})), Money{0});
    EXPECT_EQ(contract_value(with({}, std::nullopt, std::nullopt)), Money{0});
    EXPECT_EQ(contract_value(with({}, Money{7}, std::nullopt)), Money{7});
    EXPECT_EQ(contract_value(with({}, Money{-7}, Money{9})), Money{-7});
    EXPECT_EQ(contract_value(with({}, std::nullopt, Money{-9})), Money{-9});
}

TEST(ForecastProbability, LostAndCommittedIgnoreWhatAnybodySays) {
    for (ForecastInput input : {kLost, kWon}) {
        const bool won = input.bucket == Bucket::kCommitted;
        input.expected_conversion_rate = percent(37);
        input.stated_probability = percent(61);
        input.conversion_confidence = percent(50);
        input.default_spread = percent(10);
        EXPECT_EQ(probability(input), won ? kRateOne : Rate{0});
        EXPECT_EQ(best_case_probability(input), won ? kRateOne : Rate{0});
        EXPECT_EQ(worst_case_probability(input), won ? kRateOne : Rate{0});
        EXPECT_EQ(probability_source(input), won ? ProbabilitySource::kStageCommitted : ProbabilitySource::kStageLost);
    }
}

TEST(ForecastProbability, TheModelComesBeforeTheBoardAndTheBoardBeforeTheStage) {
    ForecastInput input = kCheckWithUs;
    EXPECT_EQ(probability(input), percent(30));
    EXPECT_EQ(probability_source(input), ProbabilitySource::kStageDefault);
    input.stated_probability = percent(61);
    EXPECT_EQ(probability(input), percent(61));
    EXPECT_EQ(probability_source(input), ProbabilitySource::kBoardPercent);
    input.expected_conversion_rate = percent(37);
    EXPECT_EQ(probability(input), percent(37));
    EXPECT_EQ(probability_source(input), ProbabilitySource::kModel);
}

TEST(ForecastProbability, AnAnalysisOfNextToNothingDoesNotOverrulePeople) {
    constexpr Rate kMinimum{15'000};
    const std::optional<Rate> rates[] = {std::nullopt, Rate{0}, percent(37)};
    const std::optional<Rate> confidences[] = {std::nullopt, Rate{0}, Rate{14'999}, kMinimum, kRateOne};
    const std::optional<Rate> percentages[] = {std::nullopt, Rate{0}, percent(61)};
    for (const auto rate : rates) {
        for (const auto confidence : confidences) {
            for (const auto stated : percentages) {
                const bool is_sure = confidence == kMinimum || confidence == kRateOne;
                ForecastInput input = kCheckWithUs;
                input.stated_probability = stated;
                input.expected_conversion_rate = counting_rate({rate, confidence, kMinimum}, stated);
                const auto expected = rate && is_sure ? ProbabilitySource::kModel
                                      : stated        ? ProbabilitySource::kBoardPercent
                                      : rate          ? ProbabilitySource::kModel
                                                      : ProbabilitySource::kStageDefault;
                EXPECT_EQ(probability_source(input), expected);
                EXPECT_EQ(probability(input), expected == ProbabilitySource::kModel          ? *rate
                                              : expected == ProbabilitySource::kBoardPercent ? *stated
                                                                                             : percent(30));
            }
        }
    }
}

TEST(ForecastProbability, AMinimumOfZeroLetsEveryAnalysisCount) {
    EXPECT_EQ(counting_rate({percent(37), std::nullopt, {}}, percent(61)), percent(37));
    EXPECT_EQ(counting_rate({percent(37), Rate{0}, {}}, percent(61)), percent(37));
    EXPECT_EQ(counting_rate({percent(37), kRateOne, kRateOne}, percent(61)), percent(37))
        << "and of one only a sure one";
    EXPECT_EQ(counting_rate({percent(37), Rate{99'999}, kRateOne}, percent(61)), std::nullopt);
}

TEST(ForecastProbability, ZeroIsKnown) {
    ForecastInput input = kCheckWithUs;
    input.stated_probability = Rate{0};
    EXPECT_EQ(probability(input), Rate{0});
    EXPECT_EQ(probability_source(input), ProbabilitySource::kBoardPercent);
    input.stated_probability = percent(61);
    input.expected_conversion_rate = Rate{0};
    EXPECT_EQ(probability(input), Rate{0});
    EXPECT_EQ(probability_source(input), ProbabilitySource::kModel);
}

TEST(ForecastProbability, WhateverComesInIsKeptWithinZeroAndOne) {
    ForecastInput input = kCheckWithUs;
    input.default_probability = Rate{-5};
    EXPECT_EQ(probability(input), Rate{0});
    input.stated_probability = Rate{100'001};
    EXPECT_EQ(probability(input), kRateOne);
    input.expected_conversion_rate = Rate{-1};
    EXPECT_EQ(probability(input), Rate{0});
}

TEST(ForecastSpread, FollowsTheConfidenceWithinItsBounds) {
    const auto spread_of = [](int confidence_percent) {
        ForecastInput input = kCheckWithUs;
        input.conversion_confidence = percent(confidence_percent);
        return probability_spread(input);
    };
    EXPECT_EQ(spread_of(50), percent(15)) << "(1 - .5) * .30";
    EXPECT_EQ(spread_of(1), Rate{29'700});
    EXPECT_EQ(spread_of(83), Rate{5'100});
    EXPECT_EQ(spread_of(84), percent(5)) << "4.8 % is below the narrowest band";
    EXPECT_EQ(spread_of(150), percent(5)) << "a confidence above 1 cannot turn the band around";
    EXPECT_EQ(spread_of(-10), percent(20)) << "a negative confidence counts as none";
}

TEST(ForecastSpread, IsUnknownWhereNothingGivesOne) {
    EXPECT_EQ(probability_spread(kWon), std::nullopt);
    EXPECT_EQ(best_case_probability({.default_probability = percent(40)}), percent(40))
        << "an open stage without a spread has no band";
}

TEST(ForecastBand, StaysWithinZeroAndOne) {
    ForecastInput input = kOpenEnquiry;
    input.stated_probability = percent(90);
    EXPECT_EQ(best_case_probability(input), kRateOne);
    EXPECT_EQ(worst_case_probability(input), percent(65));
    input.stated_probability = percent(10);
    EXPECT_EQ(best_case_probability(input), percent(35));
    EXPECT_EQ(worst_case_probability(input), Rate{0});
}

TEST(ForecastMoney, CommittedValueIsTheContractOfTheCommittedBucketOnly) {
    EXPECT_EQ(committed_value(with(kWon, Money{500})), Money{500});
    EXPECT_EQ(expected_value(with(kWon, Money{500})), Money{500});
    EXPECT_EQ(best_case_value(with(kWon, Money{500})), Money{500});
    EXPECT_EQ(worst_case_value(with(kWon, Money{500})), Money{500});
    EXPECT_EQ(committed_value(with(kLost, Money{500})), Money{0});
    EXPECT_EQ(best_case_value(with(kLost, Money{500})), Money{0});
    EXPECT_EQ(committed_value(with(kAnyOther, Money{500})), Money{0});
    EXPECT_EQ(contract_value(with(kLost, Money{500})), Money{500}) << "a lost project keeps its contract value";
}

TEST(ForecastNames, BucketsAreReadAsTheyAreWritten) {
    for (const Bucket bucket : {Bucket::kCommitted, Bucket::kOpen, Bucket::kLost}) {
        EXPECT_EQ(parse_bucket(to_string(bucket)), bucket);
    }
    EXPECT_EQ(to_string(Bucket::kCommitted), "Committed");
    EXPECT_EQ(to_string(Bucket::kOpen), "Open");
    EXPECT_EQ(to_string(Bucket::kLost), "Lost");
    for (const char *name : {"", "open", "OPEN", "Open ", "Won", "Committe"}) {
        EXPECT_EQ(parse_bucket(name), std::nullopt) << name;
    }
}

TEST(ForecastNames, SourcesHaveTheirPublishedNames) {
    EXPECT_EQ(to_string(ProbabilitySource::kStageLost), "stage_lost");
    EXPECT_EQ(to_string(ProbabilitySource::kStageCommitted), "stage_committed");
    EXPECT_EQ(to_string(ProbabilitySource::kModel), "model");
    EXPECT_EQ(to_string(ProbabilitySource::kBoardPercent), "board_percent");
    EXPECT_EQ(to_string(ProbabilitySource::kStageDefault), "stage_default");
}

}  // namespace
}  // namespace pipeline_forecast
