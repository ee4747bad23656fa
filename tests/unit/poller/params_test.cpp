#include "poller/db/params.hpp"

#include <gtest/gtest.h>

namespace poller::db {
namespace {

[[nodiscard]] std::string first(const Params &parameters) { return parameters.pointers().at(0); }

TEST(Params, WritesValuesAsText) {
    const Params all =
        params("text", std::string("s"), 42, std::int64_t{-7}, true, 1.5, std::nullopt, std::optional<int>(3));
    const std::vector<const char *> values = all.pointers();
    ASSERT_EQ(all.size(), 8);
    EXPECT_STREQ(values[0], "text");
    EXPECT_STREQ(values[1], "s");
    EXPECT_STREQ(values[2], "42");
    EXPECT_STREQ(values[3], "-7");
    EXPECT_STREQ(values[4], "t");
    EXPECT_STREQ(values[5], "1.5");
    EXPECT_EQ(values[6], nullptr);
    EXPECT_STREQ(values[7], "3");
}

TEST(Params, WritesArrays) {
    EXPECT_EQ(first(params(std::vector<int>{})), "{}");
    EXPECT_EQ(first(params(std::vector<std::int64_t>{1, 2})), "{1,2}");
    EXPECT_EQ(first(params(std::vector<std::string>{"a,b", "", "q\"\\", "NULL", "{x}"})),
              R"({"a,b","","q\"\\","NULL","{x}"})");
    EXPECT_EQ(first(params(std::vector<std::optional<std::string>>{"a", std::nullopt})), R"({"a",NULL})");
}

TEST(Params, RefusesWhatWouldBeCut) {
    const std::string cut("a\0b", 3);
    EXPECT_THROW(static_cast<void>(params(cut)), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(params(std::vector<std::string>{cut})), std::invalid_argument);
}

}  // namespace
}  // namespace poller::db
