#include "poller/storable_json.hpp"

#include <gtest/gtest.h>

#include <random>

#include <nlohmann/json.hpp>

namespace poller {
namespace {

using std::string_literals::operator""s;

TEST(StorableJson, KeepsWhatIsSound) {
    for (const std::string text : {
             "",
             "{}",
             R"({"name":"17425_25.01 - A"})",
             R"("\\u0000 is six characters")",
             R"("\"\\\/\b\f\n\r\t")",
             "\"\u00fc \u20ac \U0001F600\"",
             R"("\u00fc \ud83d\ude00")",
             R"("\\\\")",
             R"("\\\\u0000")",
         }) {
        EXPECT_EQ(storable_json(text), text);
    }
}

TEST(StorableJson, ReplacesWhatJsonbRefuses) {
    EXPECT_EQ(storable_json(R"("a\u0000b")"), "\"a\ufffdb\"");
    EXPECT_EQ(storable_json(R"("\u0000\u0000")"), "\"\ufffd\ufffd\"");
    EXPECT_EQ(storable_json(R"("\\\u0000")"), "\"\\\\\ufffd\"");
    EXPECT_EQ(storable_json(R"("\ud83d")"), "\"\ufffd\"");
    EXPECT_EQ(storable_json(R"("\ude00\ud83d x")"), "\"\ufffd\ufffd x\"");
    EXPECT_EQ(storable_json(R"("\uD83D\uD83D\uDE00")"), "\"\ufffd\\uD83D\\uDE00\"");
}

TEST(StorableJson, ReplacesBytesThatAreNoUtf8) {
    EXPECT_EQ(storable_json("\"a\xff\xfe\""), "\"a\ufffd\ufffd\"");
    EXPECT_EQ(storable_json("\"\xc0\x80\""), "\"\ufffd\ufffd\"") << "overlong";
    EXPECT_EQ(storable_json("\"\xed\xa0\x80\""), "\"\ufffd\ufffd\ufffd\"") << "a surrogate in UTF-8";
    EXPECT_EQ(storable_json("\"\xf4\x90\x80\x80\""), "\"\ufffd\ufffd\ufffd\ufffd\"") << "beyond Unicode";
    EXPECT_EQ(storable_json("\"\xe2\x82"), "\"\ufffd\ufffd") << "cut off";
}

TEST(StorableJson, EndsOfTextsAreNoTrouble) {
    for (const std::string text : {"\\", "\\u", "\\u00", "\\ud83d\\u", "\\ud83d", "\xf0"}) {
        EXPECT_NO_THROW(static_cast<void>(storable_json(text))) << text;
    }
}

// Whatever comes: a second look finds nothing more, and JSON that was JSON can be parsed and written.
TEST(StorableJson, RandomDocumentsBecomeStorable) {
    std::mt19937 random(1);  // NOLINT: the same documents at every run
    const std::vector<std::string> pieces{"a",   "\\\\", "\\u0000", "\\ud83d", "\\ude00",
                                          "\\n", "\xff", "\u20ac",  "\\u00e4"};
    for (int round = 0; round < 2000; ++round) {
        std::string text = "\"";
        for (int i = 0; i < 12; ++i) text += pieces[random() % pieces.size()];
        text += "\"";
        const std::string once = storable_json(text);
        ASSERT_EQ(storable_json(once), once);
        const auto parsed = nlohmann::json::parse(once, nullptr, false);
        ASSERT_FALSE(parsed.is_discarded()) << once;
        ASSERT_EQ(parsed.get<std::string>().find('\0'), std::string::npos);
        ASSERT_NO_THROW(static_cast<void>(parsed.dump()));
    }
}

}  // namespace
}  // namespace poller
