// What refuses a value is part of the contract, word by word.
#include "core/limits.hpp"

#include <gtest/gtest.h>

#include "core/analysis/value_band.hpp"
#include "core/stage_bucket.hpp"

namespace pipeline_forecast {
namespace {

TEST(Limits, RefusalsNameThem) {
    EXPECT_EQ(day_problem(), "is not a day between 1900-01-01 and 9999-12-31");
    EXPECT_EQ(money_problem(), "is not below 100,000,000,000,000");
    EXPECT_EQ(percent_problem(), "is not between 0 and 100");
    EXPECT_EQ(gestation_problem(), "is not between 0 and 500000 days");
    EXPECT_EQ(number_problem(), "is not below 1,000,000,000,000,000");
    EXPECT_EQ(kRateLimit, 10'000);
    EXPECT_EQ(kLongestKeyBytes, 1000U);
    EXPECT_EQ(kLongestIdBytes, 100U);
    EXPECT_EQ(kMostDaysAdded, 100'000);
}

TEST(StageBucket, NamesAreReadAsTheyAreWritten) {
    for (const Bucket bucket : {Bucket::kCommitted, Bucket::kOpen, Bucket::kLost}) {
        EXPECT_EQ(parse_bucket(to_string(bucket)), bucket);
    }
    EXPECT_EQ(parse_bucket("open"), std::nullopt);
    EXPECT_EQ(parse_bucket(""), std::nullopt);
    EXPECT_EQ(bucket_names(), "Committed, Open and Lost");
}

// The names of the bands hold their bounds.
TEST(ValueBands, NamesAgreeWithTheBounds) {
    using analysis::kValueBands;
    const auto thousands = [](std::size_t band) { return std::to_string(kValueBands[band].up_to.cents / 100'000); };
    EXPECT_EQ(kValueBands[0].up_to, Money{0});
    EXPECT_EQ(kValueBands[1].name, "Small (<" + thousands(1) + "k)");
    EXPECT_EQ(kValueBands[2].name, "Medium (" + thousands(1) + "-" + thousands(2) + "k)");
    EXPECT_EQ(kValueBands[3].name, "Large (" + thousands(2) + "-" + thousands(3) + "k)");
    EXPECT_EQ(kValueBands[4].name, "XLarge (>" + thousands(3) + "k)");
    for (std::size_t i = 0; i < kValueBands.size(); ++i) {
        EXPECT_EQ(static_cast<std::size_t>(kValueBands[i].band), i) << "to_string looks a band up by its number";
    }
}

}  // namespace
}  // namespace pipeline_forecast
