#include "core/decode.hpp"

#include <gtest/gtest.h>

namespace pipeline_forecast {
namespace {

struct ReadableNumber {
    const char *text;
    const char *number;
};

void PrintTo(const ReadableNumber &readable, std::ostream *out) { *out << readable.text; }

class NumberRead : public testing::TestWithParam<ReadableNumber> {};

TEST_P(NumberRead, GivesCanonicalText) {
    const Decoded<std::string> decoded = decode_number(GetParam().text);
    ASSERT_TRUE(decoded.value) << GetParam().text << ": " << decoded.reason;
    EXPECT_EQ(*decoded.value, GetParam().number);
    EXPECT_TRUE(decoded.reason.empty());
}

INSTANTIATE_TEST_SUITE_P(Plain, NumberRead,
                         testing::Values(ReadableNumber{"0", "0"}, ReadableNumber{"7", "7"},
                                         ReadableNumber{"1234.5", "1234.5"}, ReadableNumber{"-0.5", "-0.5"},
                                         ReadableNumber{"+7", "7"}, ReadableNumber{".5", "0.5"},
                                         ReadableNumber{"-.5", "-0.5"}, ReadableNumber{"  42 ", "42"},
                                         ReadableNumber{"\t42\r\n", "42"}, ReadableNumber{"- 5", "-5"},
                                         ReadableNumber{"0.00", "0.00"},
                                         ReadableNumber{"12345678901234567890.123", "12345678901234567890.123"}));

INSTANTIATE_TEST_SUITE_P(Currency, NumberRead,
                         testing::Values(ReadableNumber{"£1,234.50", "1234.50"},
                                         ReadableNumber{"1,234.50 £", "1234.50"}, ReadableNumber{"$ 5", "5"},
                                         ReadableNumber{"-£5", "-5"}, ReadableNumber{"£-5", "-5"},
                                         ReadableNumber{"- £ 5", "-5"}, ReadableNumber{"€0.10", "0.10"},
                                         ReadableNumber{"5€", "5"}, ReadableNumber{"-5 €", "-5"},
                                         ReadableNumber{"¥1,000", "1000"}, ReadableNumber{"₹1,000", "1000"},
                                         ReadableNumber{"£.50", "0.50"}));

INSTANTIATE_TEST_SUITE_P(
    Thousands, NumberRead,
    testing::Values(ReadableNumber{"1,234", "1234"}, ReadableNumber{"12,345,678.90", "12345678.90"},
                    ReadableNumber{"1 234 567", "1234567"}, ReadableNumber{"1'234'567.8", "1234567.8"},
                    ReadableNumber{"1\u00a0234\u00a0567", "1234567"}, ReadableNumber{"1\u202f234", "1234"},
                    ReadableNumber{"123,456", "123456"}, ReadableNumber{"-1,234", "-1234"}));

class NumberRefused : public testing::TestWithParam<const char *> {};

TEST_P(NumberRefused, SaysWhy) {
    const Decoded<std::string> decoded = decode_number(GetParam());
    EXPECT_FALSE(decoded.value) << GetParam() << " was read as " << *decoded.value;
    EXPECT_EQ(decoded.reason, "not a plain decimal number");
}

INSTANTIATE_TEST_SUITE_P(Notations, NumberRefused,
                         testing::Values("(500)", "12%", "1.2k", "5M", "1e5", "1E+5", "0x1F", "NaN", "nan", "inf",
                                         "-inf", "Infinity", "500-", "1/2", "1-2", "10..20", "about 5", "GBP 5",
                                         "5 pounds", "٥", "５", "−5"));

INSTANTIATE_TEST_SUITE_P(Separators, NumberRefused,
                         testing::Values("1 234,5", "1.234,50", "1,2", "12,34,567", "1,2345", "1234,567", ",123",
                                         "123,", "1,,234", "1,234 567", "1 234\u00a0567", "1  234", "1_000", "1;2",
                                         "1,234.", "1.234.567", "1\u00a0", "\u00a01", "1,234.5,6"));

INSTANTIATE_TEST_SUITE_P(Fragments, NumberRefused,
                         testing::Values("", " ", ".", "-", "+", "-.", "5.", "£", "£-", "--5", "+-5", "- -5", "££5",
                                         "£5£", "£-£5", "-£5£", "$-5€", "'; DROP TABLE projects; --"));

TEST(DecodeNumber, TheDecimalMarkMayBeAComma) {
    for (const auto &[text, number] :
         {ReadableNumber{"1.234,50 €", "1234.50"}, ReadableNumber{"1 234,5", "1234.5"}, ReadableNumber{",5", "0.5"},
          ReadableNumber{"1.234.567", "1234567"}, ReadableNumber{"-7", "-7"}}) {
        EXPECT_EQ(decode_number(text, ',').value, number) << text;
    }
    for (const char *text : {"1,234.50", "12.5", "1,2,3", "1,5, 2,5", "5,"}) {
        EXPECT_FALSE(decode_number(text, ',').value) << text;
    }
}

TEST(DecodeNumber, TakesTenKilobytesOfDigits) {
    const std::string digits(10'000, '9');
    EXPECT_EQ(decode_number(digits).value, digits);
    EXPECT_FALSE(decode_number(digits + "x").value);
    EXPECT_FALSE(decode_number(std::string(10'000, ' ')).value);
    EXPECT_FALSE(decode_number(std::string(10'000, '-')).value);
    std::string grouped = "1";
    for (int i = 0; i < 2'500; ++i) grouped += ",000";
    EXPECT_EQ(decode_number(grouped).value->size(), 7'501U);
}

TEST(DecodeNumber, AZeroByteIsNoNumber) {
    EXPECT_FALSE(decode_number(std::string_view("1\0002", 3)).value);
    EXPECT_FALSE(decode_number(std::string_view("\0", 1)).value);
}

}  // namespace
}  // namespace pipeline_forecast
