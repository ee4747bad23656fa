#include "poller/http/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace poller::http {
namespace {

using namespace std::chrono_literals;

const RateLimiter::Moment kStart{1h};

TEST(RateLimiter, ABurstAndThenSlowly) {
    RateLimiter limiter({3, 0.5, 10});
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(limiter.exhausted("192.0.2.1", kStart));
        EXPECT_TRUE(limiter.take("192.0.2.1", kStart));
    }
    EXPECT_TRUE(limiter.exhausted("192.0.2.1", kStart));
    EXPECT_FALSE(limiter.take("192.0.2.1", kStart));
    EXPECT_FALSE(limiter.take("192.0.2.1", kStart + 1s)) << "half a request has come back";
    EXPECT_TRUE(limiter.take("192.0.2.1", kStart + 2s)) << "a refused one costs nothing";
    EXPECT_FALSE(limiter.take("192.0.2.1", kStart + 2s));
    EXPECT_TRUE(limiter.take("192.0.2.2", kStart + 2s)) << "others are not concerned";
}

TEST(RateLimiter, ABucketIsNeverMoreThanFull) {
    RateLimiter limiter({2, 1, 10});
    EXPECT_TRUE(limiter.take("192.0.2.1", kStart));
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(limiter.take("192.0.2.1", kStart + 24h));
    EXPECT_FALSE(limiter.take("192.0.2.1", kStart + 24h));
}

TEST(RateLimiter, TheNumberOfAddressesIsBounded) {
    RateLimiter limiter({2, 1, 3});
    for (const char *address : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) EXPECT_TRUE(limiter.take(address, kStart));
    EXPECT_TRUE(limiter.take("192.0.2.4", kStart)) << "strangers share what is left";
    EXPECT_TRUE(limiter.take("192.0.2.5", kStart));
    EXPECT_FALSE(limiter.take("192.0.2.6", kStart));
    EXPECT_TRUE(limiter.exhausted("192.0.2.7", kStart));
    EXPECT_EQ(limiter.addresses(), 3U);
    EXPECT_TRUE(limiter.take("192.0.2.6", kStart + 10s)) << "full buckets make room";
    EXPECT_EQ(limiter.addresses(), 1U);
}

TEST(RateLimiter, OneNetworkOfIpv6IsOneClient) {
    EXPECT_EQ(RateLimiter::network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    EXPECT_EQ(RateLimiter::network_of("::1"), "::");
    EXPECT_EQ(RateLimiter::network_of("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
    EXPECT_EQ(RateLimiter::network_of("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(RateLimiter::network_of(""), "");
}

}  // namespace
}  // namespace poller::http
