#include <gtest/gtest.h>

#include "poller/llm/duration.hpp"

namespace poller::llm {
namespace {

using namespace std::chrono_literals;

TEST(LlmDuration, AsGoWritesThem) {
    EXPECT_EQ(parse_duration("1s"), 1s);
    EXPECT_EQ(parse_duration("6m0s"), 6min);
    EXPECT_EQ(parse_duration("12ms"), 12ms);
    EXPECT_EQ(parse_duration("1h2m3.5s"), 1h + 2min + 3500ms);
    EXPECT_EQ(parse_duration("46.123456789s"), 46123ms);
    EXPECT_EQ(parse_duration("500us"), 0ms);
    EXPECT_EQ(parse_duration("1\u00b5s"), 0ms);
    EXPECT_EQ(parse_duration("0"), 0ms);
    EXPECT_EQ(parse_duration("1000h"), 24h);
}

TEST(LlmDuration, NothingForWhatIsNone) {
    for (const char *text : {"", "5", "s", "-1s", "1 s", "1x", "nans", "infs", "1e3s", "1s2"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace poller::llm
