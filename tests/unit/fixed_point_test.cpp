#include "core/fixed_point.hpp"

#include <gtest/gtest.h>

#include <random>

namespace pipeline_forecast {
namespace {

TEST(FixedPoint, DivisionRoundsHalfAwayFromZero) {
    EXPECT_EQ(divide_rounded(5, 10), 1);
    EXPECT_EQ(divide_rounded(-5, 10), -1);
    EXPECT_EQ(divide_rounded(4, 10), 0);
    EXPECT_EQ(divide_rounded(-4, 10), 0);
    EXPECT_EQ(divide_rounded(15, 10), 2);
    EXPECT_EQ(divide_rounded(25, 10), 3) << "not half to even";
    EXPECT_EQ(divide_rounded(-25, 10), -3);
    EXPECT_EQ(divide_rounded(0, 10), 0);
    EXPECT_EQ(divide_rounded(7, 1), 7);
}

TEST(FixedPoint, DivisionByAnOddNumberHasNoHalf) {
    EXPECT_EQ(divide_rounded(1, 3), 0);
    EXPECT_EQ(divide_rounded(2, 3), 1);
    EXPECT_EQ(divide_rounded(-1, 3), 0);
    EXPECT_EQ(divide_rounded(-2, 3), -1);
}

TEST(FixedPoint, ClampKeepsWithinBothEnds) {
    EXPECT_EQ(clamp(Rate{-1}, Rate{0}, kRateOne), Rate{0});
    EXPECT_EQ(clamp(Rate{0}, Rate{0}, kRateOne), Rate{0});
    EXPECT_EQ(clamp(Rate{55'555}, Rate{0}, kRateOne), Rate{55'555});
    EXPECT_EQ(clamp(kRateOne, Rate{0}, kRateOne), kRateOne);
    EXPECT_EQ(clamp(Rate{100'001}, Rate{0}, kRateOne), kRateOne);
}

TEST(FixedPoint, AProductIsRoundedToTheCent) {
    EXPECT_EQ(multiply(Money{1}, Rate{50'000}), Money{1}) << "0.01 * 0.5 is half a cent, rounded up";
    EXPECT_EQ(multiply(Money{1}, Rate{35'000}), Money{0});
    EXPECT_EQ(multiply(Money{-1}, Rate{50'000}), Money{-1}) << "away from zero";
    EXPECT_EQ(multiply(Money{100'005}, Rate{50'000}), Money{50'003});
    EXPECT_EQ(multiply(Money{12'345}, kRateOne), Money{12'345});
    EXPECT_EQ(multiply(Money{12'345}, Rate{0}), Money{0});
}

TEST(FixedPoint, TheLargestProductFitsSixtyFourBits) {
    EXPECT_EQ(multiply(Money{kMoneyLimitCents - 1}, kRateOne), Money{kMoneyLimitCents - 1});
    EXPECT_EQ(multiply(Money{1 - kMoneyLimitCents}, kRateOne), Money{1 - kMoneyLimitCents});
}

// The textbook definition with a wider type: the nearest whole number, ties away from zero.
TEST(FixedPoint, ProductsAgreeWithAWiderType) {
    std::mt19937_64 random(20'260);
    std::uniform_int_distribution<std::int64_t> cents(1 - kMoneyLimitCents, kMoneyLimitCents - 1);
    std::uniform_int_distribution<std::int64_t> rates(0, kRateOne.e5);
    for (int i = 0; i < 20'000; ++i) {
        const Money money{cents(random)};
        const Rate rate{rates(random)};
        const __int128 exact = static_cast<__int128>(money.cents) * rate.e5;
        const __int128 product = multiply(money, rate).cents;
        const __int128 distance = product * kRateOne.e5 - exact;
        ASSERT_LE(distance < 0 ? -distance : distance, kRateOne.e5 / 2) << money.cents << " * " << rate.e5;
    }
}

}  // namespace
}  // namespace pipeline_forecast
