#include "core/forecast_totals.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace pipeline_forecast {
namespace {

TEST(ForecastTotals, StartAtZero) {
    const ForecastTotals totals;
    EXPECT_EQ(totals.project_count, 0);
    EXPECT_TRUE(totals.contract_value == 0);
    EXPECT_TRUE(totals.worst_case_value == 0);
}

TEST(ForecastTotals, SumTheRoundedValues) {
    ForecastTotals totals;
    // Half a cent each: three roundings, not one.
    const ForecastInput half{
        .total_order_value = Money{1}, .default_probability = Rate{50'000}, .default_spread = Rate{15'000}};
    for (int i = 0; i < 3; ++i) totals.add(half);
    EXPECT_EQ(totals.project_count, 3);
    EXPECT_TRUE(totals.contract_value == 3);
    EXPECT_TRUE(totals.expected_value == 3);
    EXPECT_TRUE(totals.best_case_value == 3);
    EXPECT_TRUE(totals.worst_case_value == 0);
    EXPECT_TRUE(totals.committed_value == 0);
    totals.add(ForecastInput{.bucket = Bucket::kCommitted, .total_order_value = Money{100}});
    EXPECT_TRUE(totals.committed_value == 100);
    EXPECT_TRUE(totals.contract_value == 103);
}

// Another sum in each column, upwards and downwards.
TEST(ForecastTotals, ASumReachesBeyondSixtyFourBits) {
    for (const std::int64_t sign : {1, -1}) {
        const std::int64_t most = sign * std::numeric_limits<std::int64_t>::max();
        ForecastTotals largest;
        largest.contract_value = most;
        largest.committed_value = most - sign;
        largest.expected_value = most - 2 * sign;
        largest.best_case_value = most - 3 * sign;
        largest.worst_case_value = most - 4 * sign;
        ForecastTotals totals;
        for (int i = 0; i < 10; ++i) totals.add(largest);
        EXPECT_TRUE(totals.contract_value == WideCents{most} * 10);
        EXPECT_TRUE(totals.committed_value == WideCents{most - sign} * 10);
        EXPECT_TRUE(totals.expected_value == WideCents{most - 2 * sign} * 10);
        EXPECT_TRUE(totals.best_case_value == WideCents{most - 3 * sign} * 10);
        EXPECT_TRUE(totals.worst_case_value == WideCents{most - 4 * sign} * 10);
    }
}

TEST(ForecastTotals, AThousandOfTheLargestProjects) {
    ForecastTotals totals;
    const ForecastInput largest{.bucket = Bucket::kCommitted, .total_order_value = Money{kMoneyLimitCents - 1}};
    for (int i = 0; i < 1000; ++i) totals.add(largest);
    EXPECT_TRUE(totals.committed_value == WideCents{kMoneyLimitCents - 1} * 1000);
}

}  // namespace
}  // namespace pipeline_forecast
