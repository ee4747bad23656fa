#include "poller/log/log.hpp"

#include <gtest/gtest.h>

namespace poller::log {
namespace {

TEST(Log, WritesKeysAndValuesInOneLine) {
    EXPECT_EQ(format_line("job finished", {{"job", 12}, {"type", "analyze"}, {"ms", 1.5}, {"late", false}}),
              "event=\"job finished\" job=12 type=analyze ms=1.5 late=false");
}

TEST(Log, QuotesWhatWouldBreakTheLine) {
    EXPECT_EQ(format_line("x", {{"a", "two words"}, {"b", ""}, {"c", "say \"hi\"\n\\"}, {"d", "k=v"}, {"e", "bell\a"}}),
              R"(event=x a="two words" b="" c="say \"hi\"\n\\" d="k=v" e="bell\x07")");
    EXPECT_EQ(format_line("x", {{"a", "Müller"}}), "event=x a=Müller");
}

TEST(Log, MasksSecretsWhereverTheyAppear) {
    mask("mellon-friend");
    mask("abc");
    EXPECT_EQ(format_line("got mellon-friend", {{"url", "https://h/?t=mellon-friendmellon-friend&x=abc"}}),
              "event=\"got ***\" url=\"https://h/?t=******&x=abc\"");
}

}  // namespace
}  // namespace poller::log
