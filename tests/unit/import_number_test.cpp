// Numbers as people and programs write them, one by one and by whole columns.
#include <gtest/gtest.h>

#include "core/import/number_inference.hpp"
#include "core/import/number_reader.hpp"

namespace pipeline_forecast {
namespace {

std::string number_of(const char *text, char mark = '.') {
    const auto written = WrittenNumber::parse(text);
    const auto number = written ? written->with_mark(mark) : std::nullopt;
    return number ? number->text() : "none";
}

std::string currency_of(const char *text) {
    const auto written = WrittenNumber::parse(text);
    return written && written->currency() ? std::string(written->currency()->name) : "none";
}

NumberFinding numbers_in(std::initializer_list<const char *> texts) {
    NumberInference numbers;
    for (const char *text : texts) numbers.add(text);
    return numbers.result();
}

std::string mark_in(std::initializer_list<const char *> texts) {
    const NumberFinding found = numbers_in(texts);
    if (found.is_ambiguous) return "ambiguous";
    if (found.is_mixed) return "mixed";
    return {*found.decimal_mark};
}

TEST(ImportNumber, PlainNumbersStayExact) {
    EXPECT_EQ(number_of("1234.50"), "1234.50");
    EXPECT_EQ(number_of("0012.050"), "12.050");
    EXPECT_EQ(number_of("0"), "0");
    EXPECT_EQ(number_of(".5"), "0.5");
    EXPECT_EQ(number_of("-0.05"), "-0.05");
    EXPECT_EQ(number_of("+7"), "7");
    EXPECT_EQ(number_of("12345678901234567890123456789012345678"), "12345678901234567890123456789012345678");
    EXPECT_EQ(number_of("123456789012345678901234567890123456789"), "none");
}

TEST(ImportNumber, ThousandsAreGroupedByAnyMark) {
    for (const char *text : {"1,234,567.8", "1 234 567.8", "1\u00a0234\u00a0567.8", "1\u202f234\u202f567.8",
                             "1'234'567.8", "1\u2019234\u2019567.8", "12,34,567.8"}) {
        EXPECT_EQ(number_of(text), "1234567.8") << text;
    }
    for (const char *text : {"1.234.567,8", "1 234 567,8", "1'234'567,8"}) {
        EXPECT_EQ(number_of(text, ','), "1234567.8") << text;
        EXPECT_EQ(number_of(text, '.'), "none") << text;
    }
    for (const char *text :
         {"1,23", "12,3456", "1,234,56", "1,234 567", "0,123", "1234,567", ",123", "1,,234", "1,234,"}) {
        EXPECT_EQ(number_of(text), "none") << text;
    }
}

TEST(ImportNumber, NegativesOfAccountants) {
    for (const char *text : {"(1,200.00)", "-1,200.00", "1,200.00-", "\u22121,200.00", "$(1,200.00)", "($1,200.00)",
                             "-$1,200.00", "$-1,200.00", "- $ 1,200.00", "(1,200.00 $)"}) {
        EXPECT_EQ(number_of(text), "-1200.00") << text;
    }
    EXPECT_EQ(number_of("(-5)"), "none");
    EXPECT_EQ(number_of("(5"), "none");
    EXPECT_EQ(number_of("--5"), "none");
}

TEST(ImportNumber, CurrenciesBeforeAndBehind) {
    const std::vector<std::pair<const char *, const char *>> amounts{
        {"R$ 1200", "BRL"},    {"1200 EUR", "EUR"},  {"CHF 1200", "CHF"}, {"€1200", "EUR"},   {"1200 €", "EUR"},
        {"1200 zł", "PLN"},    {"1200 Kč", "CZK"},   {"kr 1200", "kr"},   {"US$1200", "USD"}, {"$1200", "$"},
        {"₪1200", "ILS"},      {"1200 руб.", "RUB"}, {"Rs. 1200", "Rs"},  {"IDR1200", "IDR"}, {"1200 Ft", "HUF"},
        {"$1200 CAD", "none"}, {"$1200 USD", "USD"}, {"1200", "none"}};
    for (const auto &[text, currency] : amounts) {
        EXPECT_EQ(currency_of(text), currency) << text;
        if (std::string(text) != "$1200 CAD") {
            EXPECT_EQ(number_of(text), "1200") << text;
        }
    }
    EXPECT_EQ(number_of("1200 XYZ"), "none");
    EXPECT_EQ(number_of("EURO 1200"), "none");
}

TEST(ImportNumber, EveryCurrencyIsFoundAmongTheOthers) {
    for (const char *code : {"AED", "AFN", "EUR", "JPY", "TZS", "ZMW", "ZWL"}) {
        const auto before = WrittenNumber::parse(std::string(code) + " 7");
        const auto behind = WrittenNumber::parse(std::string("7 ") + code);
        ASSERT_TRUE(before && before->currency() && behind && behind->currency()) << code;
        EXPECT_EQ(before->currency()->name, code);
        EXPECT_EQ(behind->currency()->name, code);
    }
    for (const char *text : {"AAA 7", "EUS 7", "ZZZ 7", "7 EUQ", "Eur 7", "7 kg"}) {
        EXPECT_FALSE(WrittenNumber::parse(text)) << text;
    }
    EXPECT_FALSE(WrittenNumber::parse("7" + std::string(200, ' ') + "7"));
}

TEST(ImportNumber, ThousandsMillionsAndExponents) {
    EXPECT_EQ(number_of("1.2k"), "1200");
    EXPECT_EQ(number_of("$1.25M"), "1250000");
    EXPECT_EQ(number_of("3 bn"), "3000000000");
    EXPECT_EQ(number_of("1,5 Mio. €", ','), "1500000");
    EXPECT_EQ(number_of("2,5 tys. zł", ','), "2500");
    EXPECT_EQ(number_of("1.2E+05"), "120000");
    EXPECT_EQ(number_of("1.25e-2"), "0.0125");
    EXPECT_EQ(number_of("1,2E5", ','), "120000");
    EXPECT_EQ(number_of("1E99"), "none");
    EXPECT_EQ(number_of("1.2 kk"), "none");
    EXPECT_EQ(number_of("1.200,-", ','), "1200");
    EXPECT_EQ(number_of("1'200.\u2013 CHF"), "1200");
}

TEST(ImportNumber, WhatIsNoNumber) {
    for (const char *text : {"", "NaN", "Infinity", "1;2", "12 apples", "1/2", "2031-02-07", "0x10", "1_", "%", "$",
                             "()", "12%%", "1 2", "five"}) {
        EXPECT_EQ(number_of(text), "none") << text;
    }
}

TEST(ImportNumber, RoundsHalfAwayFromZero) {
    const auto scaled = [](const char *text, int decimals) {
        return WrittenNumber::parse(text)->with_mark('.')->scaled(decimals);
    };
    EXPECT_EQ(scaled("0.005", 2), 1);
    EXPECT_EQ(scaled("-0.005", 2), -1);
    EXPECT_EQ(scaled("0.0049", 2), 0);
    EXPECT_EQ(scaled("1.2k", 2), 120'000);
    EXPECT_EQ(scaled("1e-9", 2), 0);
    EXPECT_EQ(scaled("99.995", 2), 10'000);
    EXPECT_EQ(scaled("10000000000000", 2), 1'000'000'000'000'000);
    EXPECT_EQ(scaled("1000000000000000000", 2), std::nullopt);
}

TEST(ImportNumber, TheValuesOfAColumnTellItsMark) {
    EXPECT_EQ(mark_in({"1200", "5"}), ".");
    EXPECT_EQ(mark_in({"1.234", "12.5"}), ".");
    EXPECT_EQ(mark_in({"1.234", "12,5"}), ",");
    EXPECT_EQ(mark_in({"1.234", "1.234.567"}), ",");
    EXPECT_EQ(mark_in({"1,234", "1,234,567"}), ".");
    EXPECT_EQ(mark_in({"0.123", "1.234"}), ".") << "no group of thousands begins with a zero";
    EXPECT_EQ(mark_in({"1.234", "5"}), "ambiguous");
    EXPECT_EQ(mark_in({"$1,234"}), "ambiguous");
    EXPECT_EQ(mark_in({"1.5", "1,5"}), "mixed");
    EXPECT_EQ(numbers_in({"1.234"}).example, "1.234");
    EXPECT_EQ(numbers_in({"1 234,50", "x"}).thousands_mark, " ");
    EXPECT_EQ(numbers_in({"1 234,50", "x"}).known, 1);
}

TEST(ImportNumber, AMarkThatIsStatedSettlesTheColumn) {
    NumberInference numbers;
    numbers.add("1.234");
    EXPECT_EQ(numbers.result(',').decimal_mark, ',');
    EXPECT_FALSE(numbers.result(',').is_ambiguous);
    EXPECT_EQ(numbers.result(',').thousands_mark, ".");
}

TEST(ImportNumber, CurrenciesOfAColumnAreCounted) {
    EXPECT_EQ(numbers_in({"5", "6 EUR", "€7"}).currencies, (std::vector<std::string>{"EUR"}));
    EXPECT_EQ(numbers_in({"$5", "6 USD"}).currencies, (std::vector<std::string>{"USD"})) << "a dollar is one of them";
    EXPECT_EQ(numbers_in({"$5", "6 CAD"}).currencies.size(), 2U);
}

TEST(ImportNumber, TheScaleOfPercentagesIsThatOfTheColumn) {
    EXPECT_EQ(numbers_in({"0.25", "1", "0"}).percent_scale, 1);
    EXPECT_EQ(numbers_in({"0.25", "75"}).percent_scale, 100);
    EXPECT_EQ(numbers_in({"10", "20"}).percent_scale, 100);
    EXPECT_EQ(numbers_in({"0", "1"}).percent_scale, std::nullopt) << "all or nothing, or one per cent";
    EXPECT_EQ(numbers_in({"0", "0"}).percent_scale, 100);
    EXPECT_EQ(numbers_in({"50%", "75 %"}).percent_scale, 100);
    EXPECT_EQ(numbers_in({"50%", "75 %"}).percent_signs, 2);
}

TEST(ImportNumber, RatesConvertIntoTheCurrencyOfTheForecast) {
    NumberFormat format;
    format.rates_e8 = {{"EUR", 100'000'000}, {"USD", 92'000'000}};
    const NumberReader reader(format);
    EXPECT_EQ(reader.read_cents("100 EUR").value, 10'000);
    EXPECT_EQ(reader.read_cents("$100").value, 9'200);
    EXPECT_EQ(reader.read_cents("-0.05 USD").value, -5);
    EXPECT_EQ(reader.read_cents("100").reason, "no currency stands beside it");
    EXPECT_EQ(reader.read_cents("100 GBP").reason, "no rate for the currency GBP");
    format.currency = "EUR";
    EXPECT_EQ(NumberReader(format).read_cents("100").value, 10'000) << "of the currency that is stated";
}

TEST(ImportNumber, AmountsInAnotherCurrencyAreRefused) {
    NumberFormat format;
    format.currency = "USD";
    EXPECT_EQ(NumberReader(format).read_cents("$5").value, 500);
    EXPECT_EQ(NumberReader(format).read_cents("5").value, 500);
    EXPECT_EQ(NumberReader(format).read_cents("5 EUR").reason, "an amount in EUR, not in USD");
}

}  // namespace
}  // namespace pipeline_forecast
