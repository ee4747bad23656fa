#include "poller/monday/rate_limit.hpp"

#include <gtest/gtest.h>

namespace poller::monday {
namespace {

TEST(MondayRateLimit, WhatIsLeftOfEachPolicy) {
    const auto limits = read_rate_limits(R"("minuteRate";r=990, "concurrency";r=38, "complexityMinute";r=800000;t=45)");
    ASSERT_EQ(limits.size(), 3U);
    EXPECT_EQ(limits[0].name, "minuteRate");
    EXPECT_EQ(limits[0].remaining, 990);
    EXPECT_EQ(limits[0].resets_in_seconds, std::nullopt);
    EXPECT_EQ(limits[1].name, "concurrency");
    EXPECT_EQ(limits[1].remaining, 38);
    EXPECT_EQ(limits[2].remaining, 800000);
    EXPECT_EQ(limits[2].resets_in_seconds, 45);
}

TEST(MondayRateLimit, WhatEachPolicyAllows) {
    const auto limits = read_rate_limits(
        R"("minuteRate";q=1000;w=60, "concurrency";q=40;qu="concurrent-requests", "complexityMinute";q=1000000;w=60;qu="content-bytes")");
    ASSERT_EQ(limits.size(), 3U);
    EXPECT_EQ(limits[0].quota, 1000);
    EXPECT_EQ(limits[0].window_seconds, 60);
    EXPECT_EQ(limits[1].quota, 40);
    EXPECT_EQ(limits[1].window_seconds, std::nullopt);
    EXPECT_EQ(limits[2].quota, 1000000);
}

TEST(MondayRateLimit, WhatCannotBeReadIsLeftOut) {
    EXPECT_TRUE(read_rate_limits("").empty());
    EXPECT_TRUE(read_rate_limits(" , ;;, ").empty());
    const auto limits = read_rate_limits(R"( plain ; r = 5 ; t=soon, "odd,;name";r=1;r, "open;r=2)");
    ASSERT_EQ(limits.size(), 3U);
    EXPECT_EQ(limits[0].name, "plain");
    EXPECT_EQ(limits[0].remaining, 5);
    EXPECT_EQ(limits[0].resets_in_seconds, std::nullopt);
    EXPECT_EQ(limits[1].name, "odd,;name");
    EXPECT_EQ(limits[1].remaining, 1);
    EXPECT_EQ(limits[2].remaining, std::nullopt);
}

}  // namespace
}  // namespace poller::monday
