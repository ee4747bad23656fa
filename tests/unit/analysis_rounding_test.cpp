// Half-to-even rounding, on the exact value of the double.
#include "core/analysis/rounding.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pipeline_forecast::analysis {
namespace {

TEST(AnalysisRounding, WholeNumbersRoundHalfToEven) {
    EXPECT_EQ(round_half_even(0.5), 0);
    EXPECT_EQ(round_half_even(1.5), 2);
    EXPECT_EQ(round_half_even(2.5), 2);
    EXPECT_EQ(round_half_even(3.5), 4);
    EXPECT_EQ(round_half_even(-0.5), 0);
    EXPECT_EQ(round_half_even(-1.5), -2);
    EXPECT_EQ(round_half_even(2.4999999), 2);
    EXPECT_EQ(round_half_even(2.5000001), 3);
}

TEST(AnalysisRounding, DecimalsFollowTheExactValueOfTheDouble) {
    EXPECT_EQ(round_half_even(0.125, 2), 0.12);  // a true tie goes to the even digit
    EXPECT_EQ(round_half_even(0.375, 2), 0.38);
    EXPECT_EQ(round_half_even(2.675, 2), 2.67);  // stored just below the tie
    EXPECT_EQ(round_half_even(1.005, 2), 1.00);
    EXPECT_EQ(round_half_even(0.285, 2), 0.28);  // below, although 0.285 * 100 > 28.4999
    EXPECT_EQ(round_half_even(0.145, 2), 0.14);
    EXPECT_EQ(round_half_even(1.0, 2), 1.0);
    EXPECT_EQ(round_half_even(0.0625, 3), 0.062);
    EXPECT_EQ(round_half_even(-2.5, 0), -2.0);
}

TEST(AnalysisRounding, ExtremesStayFinite) {
    const double largest = std::numeric_limits<double>::max();
    EXPECT_EQ(round_half_even(largest, 2), largest);
    EXPECT_EQ(round_half_even(-largest, 15), -largest);
    EXPECT_EQ(round_half_even(std::numeric_limits<double>::denorm_min(), 2), 0.0);
}

}  // namespace
}  // namespace pipeline_forecast::analysis
