#include "poller/http/query_string.hpp"

#include <gtest/gtest.h>

namespace poller::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs parsed(std::string_view target) { return QueryString::parse(target).parameters(); }

TEST(QueryString, ParametersInTheirOrder) {
    EXPECT_EQ(parsed("/x"), Pairs{});
    EXPECT_EQ(parsed("/x?"), Pairs{});
    EXPECT_EQ(parsed(""), Pairs{});
    EXPECT_EQ(parsed("/x?b=2&a=1&b=3"), (Pairs{{"b", "2"}, {"a", "1"}, {"b", "3"}}));
    EXPECT_EQ(parsed("/x?&&a=1&"), (Pairs{{"a", "1"}}));
    EXPECT_EQ(parsed("/x?a&b=&=c&d=e=f"), (Pairs{{"a", ""}, {"b", ""}, {"", "c"}, {"d", "e=f"}}));
    EXPECT_EQ(parsed("/x?a=1#b=2"), (Pairs{{"a", "1"}}));
    EXPECT_EQ(parsed("/x#?a=1"), Pairs{});
    EXPECT_EQ(parsed("/x?a=b?c"), (Pairs{{"a", "b?c"}}));
}

TEST(QueryString, PercentAndPlus) {
    EXPECT_EQ(parsed("/x?a%20b=c+d%2B%26"), (Pairs{{"a b", "c d+&"}}));
    EXPECT_EQ(parsed("/x?a=%C3%a9"), (Pairs{{"a", "é"}}));
}

TEST(QueryString, WhatCannotBeReadIsSaid) {
    for (const std::string_view target : {"/x?a=%", "/x?a=%4", "/x?a=%zz", "/x?a=%4g", "/x?%=1", "/x?a=%%20"}) {
        EXPECT_THROW(parsed(target), QueryError) << target;
    }
    EXPECT_THROW(parsed("/x?a=%00"), QueryError);
    EXPECT_THROW(parsed(std::string_view("/x?a=\0b", 7)), QueryError);
    EXPECT_THROW(parsed("/x?a=%FF"), QueryError);
    EXPECT_THROW(parsed("/x?a=%C3"), QueryError);
    EXPECT_THROW(parsed("/x?a=%C3&b=%A9"), QueryError) << "a character does not reach across parameters";
}

TEST(QueryString, LengthAndNumberAreBounded) {
    std::string many = "/x?";
    for (std::size_t i = 0; i < QueryString::kMostParameters; ++i) many += "a=1&";
    EXPECT_EQ(parsed(many).size(), QueryString::kMostParameters);
    EXPECT_THROW(parsed(many + "a=1"), QueryError);
    EXPECT_EQ(parsed("/x?a=" + std::string(QueryString::kLongestTarget - 5, 'b')).size(), 1U);
    EXPECT_THROW(parsed("/x?a=" + std::string(QueryString::kLongestTarget - 4, 'b')), QueryError);
}

TEST(QueryString, AParameterStandsOnce) {
    const QueryString query = QueryString::parse("/x?a=1&b=&c=1&c=1");
    EXPECT_EQ(query.get("a"), "1");
    EXPECT_EQ(query.get("b"), "");
    EXPECT_EQ(query.get("d"), std::nullopt);
    EXPECT_THROW(static_cast<void>(query.get("c")), QueryError);
}

TEST(Utf8, TheTableOfUnicode) {
    for (const std::string_view text :
         {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
          "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "aé€😀z"}) {
        EXPECT_TRUE(is_utf8(text)) << text;
    }
    for (const std::string_view text :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE2\x82"}) {
        EXPECT_FALSE(is_utf8(text));
    }
}

}  // namespace
}  // namespace poller::http
