#include "core/number_text.hpp"

#include <gtest/gtest.h>

namespace pipeline_forecast {
namespace {

TEST(NumberText, DecimalHasAllItsPlaces) {
    EXPECT_EQ(decimal_text(0, 2), "0.00");
    EXPECT_EQ(decimal_text(5, 2), "0.05");
    EXPECT_EQ(decimal_text(-5, 2), "-0.05");
    EXPECT_EQ(decimal_text(-123'456, 2), "-1234.56");
    EXPECT_EQ(decimal_text(30'000, 5), "0.30000");
}

TEST(NumberText, ExactShowsEveryDigitAndNoMore) {
    EXPECT_EQ(exact_text(0.3), "0.3");
    EXPECT_EQ(exact_text(0.3, 2), "0.30");
    EXPECT_EQ(exact_text(0.305, 2), "0.305");
    EXPECT_EQ(exact_text(730.0), "730");
    EXPECT_EQ(exact_text(2.0, 2), "2.00");
    EXPECT_EQ(exact_text(-0.15, 2), "-0.15");
    EXPECT_EQ(exact_text(Rate{35'000}), "0.35");
    EXPECT_EQ(exact_text(Rate{35'001}), "0.35001");
    EXPECT_EQ(exact_text(kRateOne), "1.00");
}

TEST(NumberText, FixedRounds) {
    EXPECT_EQ(fixed_text(0.12345, 3), "0.123");
    EXPECT_EQ(fixed_text(-2.0, 1), "-2.0");
}

TEST(NumberText, GroupedInThrees) {
    EXPECT_EQ(grouped_text(0), "0");
    EXPECT_EQ(grouped_text(999), "999");
    EXPECT_EQ(grouped_text(1000), "1,000");
    EXPECT_EQ(grouped_text(10'000'000'000), "10,000,000,000");
}

}  // namespace
}  // namespace pipeline_forecast
