#include "poller/async/backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace poller {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, StaysWithinADoublingCeiling) {
    for (int run = 0; run < 200; ++run) {
        Backoff backoff(milliseconds(100), milliseconds(1000));
        for (const long ceiling : {100, 200, 400, 800, 1000, 1000, 1000}) {
            const milliseconds pause = backoff.next();
            EXPECT_GE(pause.count(), 0);
            EXPECT_LE(pause.count(), ceiling);
        }
        EXPECT_EQ(backoff.failures(), 7);
    }
}

TEST(Backoff, UsesTheWholeRange) {
    long least = 1000;
    long most = 0;
    for (int run = 0; run < 500; ++run) {
        const long pause = Backoff(milliseconds(1000), milliseconds(1000)).next().count();
        least = std::min(least, pause);
        most = std::max(most, pause);
    }
    EXPECT_LT(least, 200);
    EXPECT_GT(most, 800);
}

TEST(Backoff, BeginsAnewAfterReset) {
    Backoff backoff(milliseconds(1), milliseconds(1'000'000));
    for (int i = 0; i < 100; ++i) {
        EXPECT_LE(backoff.next(), milliseconds(1'000'000));
    }
    backoff.reset();
    EXPECT_LE(backoff.next(), milliseconds(1));
}

TEST(Jittered, StaysWithinItsPart) {
    std::set<long> seen;
    for (int run = 0; run < 500; ++run) {
        const milliseconds each = jittered(milliseconds(1000), 0.2);
        EXPECT_GE(each, milliseconds(800));
        EXPECT_LE(each, milliseconds(1200));
        seen.insert(each.count());
    }
    EXPECT_GT(seen.size(), 50U);
}

}  // namespace
}  // namespace poller
