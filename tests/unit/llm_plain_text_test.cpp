#include "core/plain_text.hpp"

#include <gtest/gtest.h>

namespace pipeline_forecast {
namespace {

using std::string_literals::operator""s;

std::string plain(std::string_view text) { return plain_text(text, 1000); }

TEST(PlainText, OrdinaryTextStays) {
    EXPECT_EQ(plain("Roof, phase 2 (£ 1,200) – 50 %"), "Roof, phase 2 (£ 1,200) – 50 %");
    EXPECT_EQ(plain("日本語 عربى 😀"), "日本語 عربى 😀");
    EXPECT_EQ(plain(""), "");
    EXPECT_EQ(plain("a"), "a");
    EXPECT_EQ(plain("a~ !b"), "a~ !b") << "the first and the last character of plain ASCII";
}

TEST(PlainText, EachRunOfWhiteSpaceIsOneBlank) {
    EXPECT_EQ(plain("  a\r\n\tb \u00a0\u2028 c\n"), "a b c");
    EXPECT_EQ(plain(" \n\t "), "");
}

TEST(PlainText, ControlCharactersGo) { EXPECT_EQ(plain("a\0b\x01\x1b[31mc\x7f\u0080d"s), "ab[31mcd"); }

TEST(PlainText, InvisibleCharactersGo) {
    EXPECT_EQ(plain("pay\u200bpal \u202egnp.exe\u202c \ufeff\u2066x\u2069\u00ad"), "paypal gnp.exe x")
        << "zero width and bidirectional";
    EXPECT_EQ(plain("a\U000E0049\U000E0047\U000E007Fb"), "ab") << "tag characters, which spell hidden text";
    EXPECT_EQ(plain("a\uFFFE\uFFFFb"), "ab") << "noncharacters";
}

TEST(PlainText, BytesThatAreNotUtf8Go) {
    EXPECT_EQ(plain("a\xffz"), "az");
    EXPECT_EQ(plain("a\xc0\x80z"), "az") << "overlong";
    EXPECT_EQ(plain("a\xed\xa0\x80z"), "az") << "surrogate";
    EXPECT_EQ(plain("a\xf4\x90\x80\x80z"), "az") << "beyond Unicode";
    EXPECT_EQ(plain("a\xe2\x82"), "a") << "cut within a character";
}

TEST(PlainText, LongTextIsCutWithAMarkAndNeverWithinACharacter) {
    EXPECT_EQ(plain_text("abcde", 5), "abcde");
    EXPECT_EQ(plain_text("abcdef", 5), "abcd…");
    EXPECT_EQ(plain_text("éééééé", 5), "éééé…");
    EXPECT_EQ(plain_text("ab cd ef", 5), "ab c…");
    EXPECT_EQ(plain_text("abcd  e", 5), "abcd…") << "no blank before the mark";
    EXPECT_EQ(plain_text("abcde \n ", 5), "abcde") << "white space at the end is nothing that was cut";
    EXPECT_EQ(plain_text("ab", 1), "…");
    EXPECT_EQ(plain_text("ab", 0), "");
    EXPECT_EQ(plain_text("", 0), "");
}

TEST(PlainText, TheLimitHoldsAndTwiceIsAsOnce) {
    const std::string source = "a b  c\n😀é \u200b<&>\xff long enough to be cut at every place";
    for (std::size_t limit = 0; limit < 60; ++limit) {
        const std::string once = plain_text(source, limit);
        EXPECT_LE(character_count(once), limit);
        EXPECT_EQ(plain_text(once, limit), once);
    }
}

}  // namespace
}  // namespace pipeline_forecast
