#include "core/forecast_totals.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/input_error.hpp"

namespace pipeline_forecast {
namespace {

constexpr std::int64_t kMostCents = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

TEST(ForecastTotals, StartAtZero) {
    const ForecastTotals totals;
    EXPECT_EQ(totals.project_count, 0);
    EXPECT_EQ(totals.contract_value, Money{0});
    EXPECT_EQ(totals.worst_case_value, Money{0});
}

TEST(ForecastTotals, SumTheRoundedValues) {
    ForecastTotals totals;
    // Half a cent each: three roundings, not one.
    const ForecastInput half{
        .total_order_value = Money{1}, .default_probability = Rate{50'000}, .default_spread = Rate{15'000}};
    for (int i = 0; i < 3; ++i) totals.add(half);
    EXPECT_EQ(totals.project_count, 3);
    EXPECT_EQ(totals.contract_value, Money{3});
    EXPECT_EQ(totals.expected_value, Money{3});
    EXPECT_EQ(totals.best_case_value, Money{3});
    EXPECT_EQ(totals.worst_case_value, Money{0});
    EXPECT_EQ(totals.committed_value, Money{0});
    totals.add(ForecastInput{.bucket = Bucket::kCommitted, .total_order_value = Money{100}});
    EXPECT_EQ(totals.committed_value, Money{100});
    EXPECT_EQ(totals.contract_value, Money{103});
}

// One column at a time, upwards and downwards.
TEST(ForecastTotals, ASumBeyondSixtyFourBitsIsRefused) {
    Money ForecastTotals::*const columns[] = {&ForecastTotals::contract_value, &ForecastTotals::committed_value,
                                              &ForecastTotals::expected_value, &ForecastTotals::best_case_value,
                                              &ForecastTotals::worst_case_value};
    for (const auto column : columns) {
        for (const std::int64_t sign : {1, -1}) {
            ForecastTotals totals;
            totals.*column = Money{sign > 0 ? kMostCents : kLeast};
            ForecastTotals one;
            one.*column = Money{sign};
            try {
                totals.add(one);
                FAIL() << "the sum wrapped around";
            } catch (const InputError &error) {
                EXPECT_EQ(error.sqlstate(), "22003");
                EXPECT_STREQ(error.what(), "sum of forecast values is out of range");
                EXPECT_FALSE(error.hint().empty());
            }
        }
    }
}

TEST(ForecastTotals, TheLargestSumIsReached) {
    ForecastTotals totals;
    totals.contract_value = Money{kMostCents - 5};
    ForecastTotals rest;
    rest.contract_value = Money{5};
    totals.add(rest);
    EXPECT_EQ(totals.contract_value, Money{kMostCents});
}

}  // namespace
}  // namespace pipeline_forecast
