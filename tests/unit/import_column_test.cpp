// Whole columns: what they hold, and in which format a field of a mapping is read out of them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/import/choose_format.hpp"
#include "core/import/column_report.hpp"
#include "core/import/field_reader.hpp"
#include "core/input_error.hpp"
#include "core/limits.hpp"

namespace pipeline_forecast {
namespace {

ColumnInference column_of(const std::vector<std::string> &values) {
    ColumnInference column;
    for (const std::string &value : values) column.add(value);
    return column;
}

std::string kind_of(const std::vector<std::string> &values) { return std::string(column_of(values).result().kind); }

Reading reading_of(FieldKind kind, const std::string &stated = "") {
    return {.field = "a_field", .column = "A column", .kind = kind, .text_sql = "x", .stated_format = stated};
}

std::string chosen(FieldKind kind, const std::vector<std::string> &values, const std::string &stated = "",
                   std::optional<char> mark = std::nullopt) {
    try {
        return choose_format(reading_of(kind, stated), column_of(values), mark);
    } catch (const InputError &error) {
        EXPECT_NE(error.hint().find("Say in the mapping"), std::string::npos);
        return error.sqlstate() + " " + error.what();
    }
}

TEST(ImportColumn, TheKindIsThatOfMostValues) {
    EXPECT_EQ(kind_of({}), "blank");
    EXPECT_EQ(kind_of({"", "  ", "\u00a0"}), "blank");
    EXPECT_EQ(kind_of({"Won", "Lost", "7"}), "text");
    EXPECT_EQ(kind_of({"5", "6 EUR", "soon"}), "number");
    EXPECT_EQ(kind_of({"5 %", "6%", "7"}), "percent");
    EXPECT_EQ(kind_of({"2031-02-07", "soon", "2031-02-08"}), "day");
    EXPECT_EQ(kind_of({"20310207", "20310208"}), "day");
    EXPECT_EQ(kind_of({"46102", "46103"}), "number") << "days only where somebody says so";
    EXPECT_EQ(kind_of({"EUR", "CHF", "€"}), "currency");
}

TEST(ImportColumn, SamplesAreFewAndShort) {
    const ColumnFinding found = column_of({"a", "a", "b", "c", "d", "e", "f", std::string(500, 'x')}).result();
    EXPECT_EQ(found.samples, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
    EXPECT_EQ(column_of({std::string(59, 'x') + "äöü"}).result().samples.front(), std::string(59, 'x'))
        << "no character is cut in two";
}

TEST(ImportColumn, DistinctValuesAreCounted) {
    ColumnInference column;
    for (int i = 0; i < 1000; ++i) column.add(std::to_string(i % 400));
    EXPECT_EQ(column.result().distinct_count, 400);
    for (int i = 0; i < 100'000; ++i) column.add("v" + std::to_string(i));
    EXPECT_NEAR(static_cast<double>(column.result().distinct_count), 100'400, 15'000);
}

TEST(ImportColumn, TheMarkOfTheFileIsThatOfItsColumns) {
    const std::vector<bool> texts{true, true};
    EXPECT_EQ(mark_of_file({column_of({"1.5"}), column_of({"1.234"})}, texts), '.');
    EXPECT_EQ(mark_of_file({column_of({"1,5"}), column_of({"1.234"})}, texts), ',');
    EXPECT_EQ(mark_of_file({column_of({"1,5"}), column_of({"1.5"})}, texts), std::nullopt);
    EXPECT_EQ(mark_of_file({column_of({"1.234"}), column_of({"5"})}, texts), std::nullopt);
    EXPECT_EQ(mark_of_file({column_of({"1,5"}), column_of({"1.5"})}, {true, false}), ',');
}

TEST(ImportColumn, AFormatIsChosenFromTheValues) {
    EXPECT_EQ(chosen(FieldKind::kDay, {"13.02.2031"}), "DD/MM/YYYY");
    EXPECT_EQ(chosen(FieldKind::kDay, {"soon"}), "") << "nothing is read, and ISO is as good as any";
    EXPECT_EQ(chosen(FieldKind::kDay, {"03/04/2031"}, "MM/DD/YYYY"), "MM/DD/YYYY") << "what is stated stands";
    EXPECT_EQ(chosen(FieldKind::kMoney, {"1,5"}), R"({"decimal_mark":","})");
    EXPECT_EQ(chosen(FieldKind::kMoney, {"1.234"}, "", ','), R"({"decimal_mark":","})");
    EXPECT_EQ(chosen(FieldKind::kMoney, {"1.234"}, R"({"thousands_mark":"."})"), R"({"thousands_mark":"."})");
    EXPECT_EQ(chosen(FieldKind::kPercent, {"0.5"}), R"({"decimal_mark":".","percent_scale":1})");
    EXPECT_EQ(chosen(FieldKind::kPercent, {"1"}, R"({"percent_scale":1})"),
              R"({"decimal_mark":".","percent_scale":1})");
    EXPECT_EQ(chosen(FieldKind::kMoney, {"5 EUR", "6 USD"}, R"({"currency":"EUR"})"),
              R"({"currency":"EUR","decimal_mark":"."})");
    EXPECT_EQ(chosen(FieldKind::kText, {"1.234"}), "");
}

TEST(ImportColumn, WhatDoesNotTellIsAsked) {
    EXPECT_EQ(chosen(FieldKind::kDay, {"03/04/2031"}),
              "22007 import: column \"A column\" (field \"a_field\") holds days that can be read in several ways");
    EXPECT_EQ(chosen(FieldKind::kDay, {"13/04/2031", "04/14/2031"}),
              "22007 import: column \"A column\" (field \"a_field\") holds days in several orders");
    EXPECT_EQ(chosen(FieldKind::kMoney, {"1.234"}),
              "22P02 import: column \"A column\" (field \"a_field\") holds numbers that can be read in several ways");
    EXPECT_EQ(chosen(FieldKind::kMoney, {"1.5", "1,5"}),
              "22P02 import: column \"A column\" (field \"a_field\") holds numbers with several decimal marks");
    EXPECT_EQ(chosen(FieldKind::kPercent, {"1", "0"}),
              "22P02 import: column \"A column\" (field \"a_field\") holds no other percentages than 0 and 1");
    EXPECT_EQ(chosen(FieldKind::kMoney, {"5 EUR", "6 USD"}),
              "22023 import: column \"A column\" (field \"a_field\") holds amounts in several currencies: EUR, USD");
}

TEST(ImportColumn, ConstantsAndColumnsThatAreNoTextsNeedNoGuess) {
    Reading reading = reading_of(FieldKind::kPercent);
    reading.is_constant = true;
    EXPECT_FALSE(needs_values(reading));
    reading = reading_of(FieldKind::kMoney);
    reading.is_text = false;
    EXPECT_EQ(choose_format(reading, column_of({"1.234"}), ','), R"({"decimal_mark":"."})");
}

TEST(ImportColumn, FieldsAreReadWithinTheirLimits) {
    const auto read = [](FieldKind kind, const char *text, const char *format = "") {
        const Decoded<std::string> value = FieldReader::parse(kind, format).read(text);
        return value.value ? *value.value : value.reason;
    };
    EXPECT_EQ(read(FieldKind::kMoney, "1.2k"), "1200.00");
    EXPECT_EQ(read(FieldKind::kMoney, "5%"), "not an amount");
    EXPECT_EQ(read(FieldKind::kMoney, "1e25"), "amount " + money_problem());
    EXPECT_EQ(read(FieldKind::kPercent, "0.5"), "0.500");
    EXPECT_EQ(read(FieldKind::kPercent, "0.5", R"({"percent_scale": 1})"), "50.000");
    EXPECT_EQ(read(FieldKind::kPercent, "30%", R"({"percent_scale": 1})"), "30.000");
    EXPECT_EQ(read(FieldKind::kPercent, "-5"), "percentage is not between 0 and 100");
    EXPECT_EQ(read(FieldKind::kGestation, "30.0"), "30");
    EXPECT_EQ(read(FieldKind::kGestation, "30.5"), "not a whole number of days");
    EXPECT_EQ(read(FieldKind::kGestation, "5%"), "not a number");
    EXPECT_EQ(read(FieldKind::kNumber, "-12.50"), "-12.50");
    EXPECT_EQ(read(FieldKind::kKey, "1.23E+11"), "an id that a spreadsheet has shortened; export it as text");
    EXPECT_EQ(read(FieldKind::kKey, "E+11"), "E+11");
    EXPECT_EQ(read(FieldKind::kKey, "0012"), "0012");
    EXPECT_EQ(read(FieldKind::kState, " Archived "), "archived");
    EXPECT_EQ(read(FieldKind::kState, "open"), "not one of active, archived, deleted");
    EXPECT_EQ(read(FieldKind::kMoney, "1.234,5", R"({"decimal_mark": ",", "thousands_mark": "'"})"),
              "not a number with the decimal mark \",\"");
}

TEST(ImportColumn, FormulasThatFailedAreNoValues) {
    for (const FieldKind kind : {FieldKind::kText, FieldKind::kMoney, FieldKind::kKey}) {
        const FieldReader reader = FieldReader::parse(kind, "");
        for (const char *error : {"#REF!", "#NAME?", "#DIV/0!", "#N/A", "#NV", "#WERT!", "#UNCALCULATED!"}) {
            EXPECT_EQ(reader.read(error).reason, "a formula of the spreadsheet has failed") << error;
        }
    }
    for (const char *text : {"#1!x", "# 1 is the best!", "#12", "#", "#!", "#roof!"}) {
        EXPECT_TRUE(FieldReader::parse(FieldKind::kText, "").read(text).value) << text;
    }
}

}  // namespace
}  // namespace pipeline_forecast
