// Texts as numbers, and sorted keys.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/sorted_keys.hpp"
#include "core/analysis/text_codes.hpp"
#include "random_projects.hpp"

namespace pipeline_forecast::analysis {
namespace {

TEST(AnalysisTextCodes, EqualTextsHaveEqualCodes) {
    TextCodes codes;
    EXPECT_EQ(codes.add(""), TextCodes::kMissing);
    EXPECT_EQ(codes.add("North"), 1U);
    EXPECT_EQ(codes.add("north"), 2U);
    EXPECT_EQ(codes.add("North"), 1U);
    EXPECT_EQ(codes.size(), 2U);
    EXPECT_EQ(codes.find("north"), 2U);
    EXPECT_EQ(codes.find("South"), TextCodes::kUnknown);
    EXPECT_EQ(codes.find(""), TextCodes::kMissing);
    EXPECT_EQ(codes.text(TextCodes::kMissing), "");
    EXPECT_EQ(codes.text(2), "north");
}

TEST(AnalysisTextCodes, OutliveAMove) {
    TextCodes codes;
    for (int i = 0; i < 1000; ++i) codes.add(std::to_string(i));
    const TextCodes moved = std::move(codes);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(moved.find(std::to_string(i)), static_cast<std::uint32_t>(i + 1));
        EXPECT_EQ(moved.text(static_cast<std::uint32_t>(i + 1)), std::to_string(i));
    }
}

TEST(AnalysisSortedKeys, AreThoseOfAnySort) {
    Dice dice(1);
    const auto random_key = [&dice] {
        return static_cast<std::uint64_t>(dice.roll(1 << 30)) << 34 | static_cast<std::uint64_t>(dice.roll(1 << 30));
    };
    const std::vector<std::function<std::uint64_t()>> kinds{
        random_key,
        [&] { return random_key() & 0xFF00FF; },
        [&] { return random_key() | 0xFFFF'0000'0000'0000; },
        [] { return UINT64_MAX; },
        [&dice] { return static_cast<std::uint64_t>(dice.roll(2)); },
    };
    for (const auto &kind : kinds) {
        for (const std::size_t count : {0U, 1U, 2U, 511U, 512U, 5000U}) {
            std::vector<std::uint64_t> keys(count);
            std::generate(keys.begin(), keys.end(), kind);
            std::vector<std::uint64_t> expected = keys;
            std::sort(expected.begin(), expected.end());
            sort_keys(keys);
            ASSERT_EQ(keys, expected);
        }
    }
}

TEST(AnalysisSortedKeys, BagHoldsWhatWasAddedMoreOftenThanRemoved) {
    KeyBag bag;
    bag.remove(7);
    for (const std::uint64_t key : {9U, 7U, 7U, 3U, 9U, 9U}) bag.add(key);
    bag.remove(9);
    bag.remove(3);
    bag.remove(5);
    EXPECT_EQ(std::move(bag).sorted(), (std::vector<std::uint64_t>{7, 9, 9}));
    EXPECT_TRUE(KeyBag{}.sorted().empty());
}

}  // namespace
}  // namespace pipeline_forecast::analysis
