#include "poller/http/percent.hpp"

#include <gtest/gtest.h>

namespace poller::http {
namespace {

TEST(PercentDecode, DecodesEachByte) {
    EXPECT_EQ(percent_decode("plain+text"), "plain+text");
    EXPECT_EQ(percent_decode("a%20b%2Fc%2f%C3%BC"), "a b/c/ü");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    EXPECT_EQ(percent_decode(""), "");
}

TEST(PercentDecode, RefusesBrokenEscapes) {
    for (const char *broken : {"%", "%2", "a%2", "%zz", "%2g", "% 1", "%+1", "%-1"}) {
        EXPECT_EQ(percent_decode(broken), std::nullopt) << broken;
    }
}

}  // namespace
}  // namespace poller::http
