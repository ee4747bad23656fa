#include "poller/tolerant_json.hpp"

#include <gtest/gtest.h>

namespace poller {
namespace {

using nlohmann::json;

TEST(TolerantJson, WhatIsNoJsonIsNothing) {
    EXPECT_TRUE(parse_json(R"({"a":1})"));
    for (const char *text : {"", "{", "<html>", "{\"a\":\"\xff\"}", "{} {}"}) EXPECT_FALSE(parse_json(text)) << text;
}

TEST(TolerantJson, DeepNestingIsNoTrouble) {
    const std::string deep(100'000, '[');
    EXPECT_FALSE(parse_json(deep));
    EXPECT_TRUE(parse_json(deep + std::string(100'000, ']')));
}

TEST(TolerantJson, AMemberOfAnotherTypeIsMissing) {
    EXPECT_TRUE(member(json::array({1}), "a").is_null());
    EXPECT_TRUE(member(json("text"), "a").is_null());
    EXPECT_TRUE(member(json{{"b", 1}}, "a").is_null());
    EXPECT_EQ(member(json{{"a", 1}}, "a"), 1);
    EXPECT_TRUE(first_element(json::array()).is_null());
    EXPECT_TRUE(first_element(json::object()).is_null());
    EXPECT_EQ(first_element(json{7, 8}), 7);
    EXPECT_EQ(text_of(json(5)), std::nullopt);
}

TEST(TolerantJson, NumbersMayComeAsText) {
    EXPECT_EQ(whole_number_of(json("15")), 15);
    EXPECT_EQ(whole_number_of(json(15.0)), 15);
    EXPECT_EQ(whole_number_of(json(15.5)), std::nullopt);
    EXPECT_EQ(whole_number_of(json("15 s")), std::nullopt);
    EXPECT_EQ(whole_number_of(json(1e300)), std::nullopt);
    EXPECT_EQ(whole_number_of(json(18446744073709551615ULL)), std::nullopt);
    EXPECT_EQ(number_of(json("1.5")), 1.5);
    EXPECT_EQ(number_of(json(2)), 2.0);
    EXPECT_EQ(number_of(json("nan")), std::nullopt);
    EXPECT_EQ(number_of(json(true)), std::nullopt);
}

TEST(TolerantJson, IdsAreTextsOrNumbers) {
    EXPECT_EQ(id_of(json("12345678901234567890")), "12345678901234567890");
    EXPECT_EQ(id_of(json(1234567890123)), "1234567890123");
    EXPECT_EQ(id_of(json(nullptr)), "");
    EXPECT_EQ(id_of(json(1.5)), "");
}

TEST(TolerantJson, BytesThatAreNoTextAreReplaced) { EXPECT_EQ(to_text(json("a\xff")), "\"a\ufffd\""); }

}  // namespace
}  // namespace poller
