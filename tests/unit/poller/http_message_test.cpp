#include <gtest/gtest.h>

#include "poller/http/message.hpp"
#include "poller/http/retry_after.hpp"

namespace poller::http {
namespace {

using namespace std::chrono_literals;

// 2026-11-23 12:00:00 UTC
const std::chrono::system_clock::time_point kNow{std::chrono::seconds{1795435200}};

TEST(HttpHeaders, AreFoundInAnyCase) {
    const Headers headers{{"Content-Type", "a"}, {"X-Request-Id", "b"}, {"x-request-id", "c"}};
    EXPECT_EQ(find_header(headers, "x-request-id"), "b");
    EXPECT_EQ(find_header(headers, "CONTENT-TYPE"), "a");
    EXPECT_EQ(find_header(headers, "content"), std::nullopt);
}

TEST(RetryAfter, Seconds) {
    EXPECT_EQ(retry_after({{"Retry-After", "17"}}, kNow), 17s);
    EXPECT_EQ(retry_after({{"retry-after", "0.25"}}, kNow), 250ms);
    EXPECT_EQ(retry_after({{"Retry-After", "0"}}, kNow), 0s);
}

TEST(RetryAfter, MillisecondsComeFirst) {
    EXPECT_EQ(retry_after({{"Retry-After", "17"}, {"retry-after-ms", "350"}}, kNow), 350ms);
    EXPECT_EQ(retry_after({{"Retry-After", "17"}, {"retry-after-ms", "soon"}}, kNow), 17s);
}

TEST(RetryAfter, ADateCountsFromTheDateOfTheAnswer) {
    const Headers headers{{"Date", "Mon, 23 Nov 2026 11:59:00 GMT"}, {"Retry-After", "Mon, 23 Nov 2026 12:00:30 GMT"}};
    EXPECT_EQ(retry_after(headers, kNow), 90s);
    EXPECT_EQ(retry_after({headers[1]}, kNow), 30s);
}

TEST(RetryAfter, ADatePastIsNow) {
    EXPECT_EQ(retry_after({{"Retry-After", "Mon, 23 Nov 2026 11:00:00 GMT"}}, kNow), 0s);
}

TEST(RetryAfter, IsAtMostADay) {
    EXPECT_EQ(retry_after({{"Retry-After", "1e300"}}, kNow), 24h);
    EXPECT_EQ(retry_after({{"Retry-After", "Mon, 23 Nov 2099 11:00:00 GMT"}}, kNow), 24h);
}

TEST(RetryAfter, NothingForWhatIsNeither) {
    for (const char *text : {"", "soon", "-5", "nan", "5 minutes"}) {
        EXPECT_EQ(retry_after({{"Retry-After", text}}, kNow), std::nullopt) << text;
    }
    EXPECT_EQ(retry_after({}, kNow), std::nullopt);
}

}  // namespace
}  // namespace poller::http
