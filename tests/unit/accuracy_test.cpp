#include "core/accuracy.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace pipeline_forecast {
namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

TEST(Accuracy, AShareIsRoundedHalfAwayFromZero) {
    EXPECT_EQ(share(1, 3), Share{333'333});
    EXPECT_EQ(share(2, 3), Share{666'667});
    EXPECT_EQ(share(-2, 3), Share{-666'667});
    EXPECT_EQ(share(1, 2'000'000), Share{1});
    EXPECT_EQ(share(-1, 2'000'000), Share{-1});
    EXPECT_EQ(share(0, 5), Share{0});
    EXPECT_EQ(share(5, 5), Share{1'000'000});
}

TEST(Accuracy, AShareOfNothingIsUnknown) {
    EXPECT_EQ(share(1, 0), std::nullopt);
    EXPECT_EQ(share(0, 0), std::nullopt);
    EXPECT_EQ(wape(100, 0), std::nullopt);
    // A month of credit notes: an error in per cent of it would have the wrong sign.
    EXPECT_EQ(wape(100, -50), std::nullopt);
    EXPECT_EQ(bias(100, -50), std::nullopt);
    EXPECT_EQ(skill(100, 0), std::nullopt);
    EXPECT_EQ(skill(0, 0), std::nullopt);
}

TEST(Accuracy, MeasuresByHand) {
    // Forecast 120 and 0, came 100 and 50: off by 20 and 50.
    EXPECT_EQ(wape(70'00, 150'00), Share{466'667});
    EXPECT_EQ(bias(120'00, 150'00), Share{-200'000});
    EXPECT_EQ(bias(180'00, 150'00), Share{200'000});
    // Half the error of the naive line; none; the same; twice.
    EXPECT_EQ(skill(50, 100), Share{500'000});
    EXPECT_EQ(skill(0, 100), Share{1'000'000});
    EXPECT_EQ(skill(100, 100), Share{0});
    EXPECT_EQ(skill(200, 100), Share{-1'000'000});
}

TEST(Accuracy, NothingOverflows) {
    EXPECT_EQ(wape(kLargest, 1), kLargestShare);
    EXPECT_EQ(bias(-kLargest, kLargest), Share{-2'000'000});
    EXPECT_EQ(skill(kLargest, 1), Share{-kLargestShare.e6});
    EXPECT_EQ(share(kLargest, kLargest), Share{1'000'000});
}

}  // namespace
}  // namespace pipeline_forecast
