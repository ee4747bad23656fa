// Encodings: recognised by all bytes, decoded in pieces of any size.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "poller/imports/encoding.hpp"

namespace {

using namespace poller::imports;
using std::string_literals::operator""s;

Encoding survey_of(const std::string &bytes, std::size_t piece = 7) {
    EncodingSurvey survey;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        survey.look(std::string_view(bytes).substr(at, piece));
    }
    return survey.verdict();
}

std::string decoded(Encoding encoding, const std::string &bytes, std::size_t piece) {
    TextDecoder decoder(encoding);
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        text += decoder.decode(std::string_view(bytes).substr(at, piece), false);
    }
    text += decoder.decode({}, true);
    return text;
}

std::string utf16(std::u16string_view text, bool little) {
    std::string bytes;
    for (const char16_t unit : text) {
        const char low = static_cast<char>(unit & 0xFF);
        const char high = static_cast<char>(unit >> 8);
        bytes += little ? std::string{low, high} : std::string{high, low};
    }
    return bytes;
}

TEST(ImportEncoding, IsRecognised) {
    EXPECT_EQ(survey_of("Kunde,Wert\nNordwind,1\n"), Encoding::kUtf8);
    EXPECT_EQ(survey_of("Kunde,Wert\nMüller & Söhne,1\n"), Encoding::kUtf8);
    EXPECT_EQ(survey_of("\xEF\xBB\xBFKunde\n"), Encoding::kUtf8);
    EXPECT_EQ(survey_of("Kunde;Wert\nM\xFCller;1\n"), Encoding::kWindows1252);
    EXPECT_EQ(survey_of("Kunde;Preis\nX;5 \x80\n"), Encoding::kWindows1252);
    EXPECT_EQ(survey_of(utf16(u"\uFEFFKunde\tWert\n", true)), Encoding::kUtf16Le);
    EXPECT_EQ(survey_of(utf16(u"\uFEFFKunde\tWert\n", false)), Encoding::kUtf16Be);
    EXPECT_EQ(survey_of(utf16(u"Kunde\tWert\nNordwind\t1\n", true)), Encoding::kUtf16Le);
    EXPECT_EQ(survey_of(utf16(u"Kunde\tWert\nNordwind\t1\n", false)), Encoding::kUtf16Be);
}

TEST(ImportEncoding, OneDamagedLetterAmongManyIsStillUtf8) {
    EXPECT_EQ(survey_of("Zürich, Köln, Münster, Gr\xF6ße\n"), Encoding::kUtf8);
    EXPECT_EQ(survey_of("a\0b,Köln"s), Encoding::kUtf8) << "a stray NUL is no UTF-16";
}

TEST(ImportEncoding, IsReadAlikeInPiecesOfAnySize) {
    const std::string text = "Zoë 😀 Łódź שלום €\r\n";
    for (std::size_t piece = 1; piece < 12; ++piece) {
        EXPECT_EQ(decoded(Encoding::kUtf8, text, piece), text);
        EXPECT_EQ(decoded(Encoding::kUtf8, "\xEF\xBB\xBF" + text, piece), text);
        EXPECT_EQ(decoded(Encoding::kUtf16Le, utf16(u"\uFEFFZoë 😀 Łódź שלום €\r\n", true), piece), text);
        EXPECT_EQ(decoded(Encoding::kUtf16Be, utf16(u"Zoë 😀 Łódź שלום €\r\n", false), piece), text);
    }
}

TEST(ImportEncoding, SingleBytes) {
    EXPECT_EQ(decoded(Encoding::kWindows1252, "\x80 \x96 \xE9 \xFF", 2), "€ – é ÿ");
    EXPECT_EQ(decoded(Encoding::kLatin1, "\xE9\xA0\xDF", 1), "é\xC2\xA0ß");
    EXPECT_EQ(decoded(Encoding::kWindows1252, "a\x81z", 3), "a\uFFFDz") << "Windows-1252 has nothing there";
}

TEST(ImportEncoding, WhatIsNoTextIsOneLostCharacterEach) {
    for (std::size_t piece = 1; piece < 6; ++piece) {
        EXPECT_EQ(decoded(Encoding::kUtf8, "a\xFF\xC3z", piece), "a\uFFFD\uFFFDz");
        EXPECT_EQ(decoded(Encoding::kUtf8, "a\0z"s, piece), "a\uFFFDz");
        EXPECT_EQ(decoded(Encoding::kUtf8, "cut \xE2\x82", piece), "cut \uFFFD\uFFFD");
        EXPECT_EQ(decoded(Encoding::kUtf8, "\xED\xA0\x80", piece), "\uFFFD\uFFFD\uFFFD") << "half of a pair";
        EXPECT_EQ(decoded(Encoding::kUtf16Le, "a\0\x3D\xD8z\0"s, piece), "a\uFFFDz") << "the other half is missing";
        EXPECT_EQ(decoded(Encoding::kUtf16Le, "a\0b"s, piece), "a\uFFFD") << "half a letter at the end";
    }
}

TEST(ImportEncoding, IsNamedInAnyUsualSpelling) {
    EXPECT_EQ(parse_encoding("UTF-8"), Encoding::kUtf8);
    EXPECT_EQ(parse_encoding("utf_16le"), Encoding::kUtf16Le);
    EXPECT_EQ(parse_encoding("CP1252"), Encoding::kWindows1252);
    EXPECT_EQ(parse_encoding("ISO-8859-1"), Encoding::kLatin1);
    EXPECT_EQ(parse_encoding("koi8"), std::nullopt);
    for (const Encoding encoding :
         {Encoding::kUtf8, Encoding::kUtf16Le, Encoding::kUtf16Be, Encoding::kWindows1252, Encoding::kLatin1}) {
        EXPECT_EQ(parse_encoding(to_string(encoding)), encoding) << "what is printed can be said";
    }
}

}  // namespace
