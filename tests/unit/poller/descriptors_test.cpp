#include "poller/descriptors.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace poller {
namespace {

TEST(Descriptors, TheSoftLimitIsRaisedAsFarAsTheHardOneLets) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_GT(before.rlim_max, 300U);
    const rlimit low{200, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    EXPECT_EQ(raise_descriptor_limit(100), 100U);
    rlimit now{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &now), 0);
    EXPECT_EQ(now.rlim_cur, 200U) << "what is enough stays";
    EXPECT_EQ(raise_descriptor_limit(300), 300U);
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &now), 0);
    EXPECT_EQ(now.rlim_cur, 300U);
    EXPECT_EQ(now.rlim_max, before.rlim_max);
    if (before.rlim_max != RLIM_INFINITY) {
        EXPECT_EQ(raise_descriptor_limit(before.rlim_max + 10), before.rlim_max);
    }
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace poller
