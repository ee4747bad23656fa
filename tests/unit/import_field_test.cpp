#include "core/import_field.hpp"

#include <gtest/gtest.h>

#include <set>

namespace pipeline_forecast {
namespace {

Decoded<std::string> decoded(FieldKind kind, const char *text) { return decode_field(kind, text, ""); }

void expect_read(FieldKind kind, const char *text, const char *value) {
    const Decoded<std::string> field = decoded(kind, text);
    ASSERT_TRUE(field.value) << text << ": " << field.reason;
    EXPECT_EQ(*field.value, value);
}

void expect_refused(FieldKind kind, const char *text, const char *reason) {
    const Decoded<std::string> field = decoded(kind, text);
    EXPECT_FALSE(field.value) << text << " was read as " << *field.value;
    EXPECT_EQ(field.reason, reason) << text;
}

TEST(ImportField, KindsAreReadAsTheyAreWritten) {
    for (const FieldKind kind : {FieldKind::kText, FieldKind::kDay, FieldKind::kMoney, FieldKind::kPercent,
                                 FieldKind::kGestation, FieldKind::kNumber, FieldKind::kKey, FieldKind::kState}) {
        EXPECT_EQ(parse_field_kind(to_string(kind)), kind);
    }
    EXPECT_EQ(parse_field_kind(""), std::nullopt);
    EXPECT_EQ(parse_field_kind("Money"), std::nullopt);
    EXPECT_EQ(parse_field_kind("integer"), std::nullopt);
}

TEST(ImportField, KindsHaveTheTypesOfTheirColumns) {
    EXPECT_EQ(sql_type(FieldKind::kText), "text");
    EXPECT_EQ(sql_type(FieldKind::kDay), "date");
    EXPECT_EQ(sql_type(FieldKind::kMoney), "numeric(16,2)");
    EXPECT_EQ(sql_type(FieldKind::kPercent), "numeric(6,3)");
    EXPECT_EQ(sql_type(FieldKind::kGestation), "integer");
    EXPECT_EQ(sql_type(FieldKind::kNumber), "numeric");
    EXPECT_EQ(sql_type(FieldKind::kKey), "text");
}

TEST(ImportField, FieldsAreFoundByName) {
    ASSERT_NE(find_import_field("project_id"), nullptr);
    EXPECT_EQ(find_import_field("project_id")->column, "monday_id");
    ASSERT_NE(find_import_field("probability_percent"), nullptr);
    EXPECT_EQ(find_import_field("probability_percent")->kind, FieldKind::kPercent);
    EXPECT_EQ(find_import_field("monday_id"), nullptr) << "a column that is no field";
    EXPECT_EQ(find_import_field("stage_rule"), nullptr);
    EXPECT_EQ(find_import_field("Account"), nullptr);
    EXPECT_EQ(find_import_field(""), nullptr);
}

TEST(ImportField, NoColumnIsFilledTwice) {
    std::set<std::string_view> names;
    std::set<std::string_view> columns;
    for (const ImportField &field : import_fields()) {
        EXPECT_TRUE(names.insert(field.name).second) << field.name;
        EXPECT_TRUE(columns.insert(field.column).second) << field.column;
    }
}

TEST(ImportField, TextStaysAsItIs) {
    expect_read(FieldKind::kText, "", "");
    expect_read(FieldKind::kText, "  it's \\ \"here\" ", "  it's \\ \"here\" ");
}

TEST(ImportField, DaysAreGivenInIso) {
    expect_read(FieldKind::kDay, "2026-3-5", "2026-03-05");
    EXPECT_EQ(decode_field(FieldKind::kDay, "05/03/2026", "DD/MM/YYYY").value, "2026-03-05");
    expect_refused(FieldKind::kDay, "1899-12-31", "day before 1900");
    expect_refused(FieldKind::kDay, "2026-02-30", "no such day in the calendar");
    EXPECT_EQ(decode_field(FieldKind::kDay, "2026-03-05", "DD/MM/YYYY").reason, "not a day in the format DD/MM/YYYY");
}

TEST(ImportField, MoneyStaysBelowItsLimit) {
    constexpr const char *kReason = "amount is not below 100,000,000,000,000";
    expect_read(FieldKind::kMoney, "£1,234.50", "1234.50");
    expect_read(FieldKind::kMoney, "99999999999999", "99999999999999");
    expect_read(FieldKind::kMoney, "-99999999999999.00", "-99999999999999.00");
    expect_read(FieldKind::kMoney, "00099999999999999", "00099999999999999");
    expect_read(FieldKind::kMoney, "0.005", "0.005");
    expect_refused(FieldKind::kMoney, "100000000000000", kReason);
    expect_refused(FieldKind::kMoney, "-100000000000000", kReason);
    // Rounding to cents would reach the limit.
    expect_refused(FieldKind::kMoney, "99999999999999.995", kReason);
    expect_refused(FieldKind::kMoney, "999999999999999999999999999999999999", kReason);
    expect_refused(FieldKind::kMoney, "0.0000000000000000000000000000001", kReason);
    expect_refused(FieldKind::kMoney, "(500)", "not a plain decimal number");
    expect_refused(FieldKind::kMoney, "NaN", "not a plain decimal number");
}

TEST(ImportField, TheLargestAmountThatProjectsHoldIsTaken) {
    expect_read(FieldKind::kMoney, "99999999999999.99", "99999999999999.99");
    expect_read(FieldKind::kMoney, "-99999999999999.990", "-99999999999999.990");
    expect_refused(FieldKind::kMoney, "99999999999999.991", "amount is not below 100,000,000,000,000");
}

TEST(ImportField, PercentagesAreWithinZeroAndHundred) {
    constexpr const char *kReason = "percentage is not between 0 and 100";
    expect_read(FieldKind::kPercent, "0", "0");
    expect_read(FieldKind::kPercent, "-0", "-0");
    expect_read(FieldKind::kPercent, "33.333", "33.333");
    expect_read(FieldKind::kPercent, "100", "100");
    expect_read(FieldKind::kPercent, "100.000", "100.000");
    expect_refused(FieldKind::kPercent, "100.001", kReason);
    expect_refused(FieldKind::kPercent, "101", kReason);
    expect_refused(FieldKind::kPercent, "-0.001", kReason);
    expect_refused(FieldKind::kPercent, "1000", kReason);
    expect_refused(FieldKind::kPercent, "12%", "not a plain decimal number");
}

TEST(ImportField, GestationIsAWholeNumberOfDays) {
    constexpr const char *kReason = "duration is not between 0 and 500000 days";
    expect_read(FieldKind::kGestation, "0", "0");
    expect_read(FieldKind::kGestation, "500000", "500000");
    expect_read(FieldKind::kGestation, "1,000", "1000");
    expect_refused(FieldKind::kGestation, "500001", kReason);
    expect_refused(FieldKind::kGestation, "-1", kReason);
    expect_refused(FieldKind::kGestation, "3.5", "not a whole number of days");
    expect_refused(FieldKind::kGestation, "3.0", "not a whole number of days");
    expect_refused(FieldKind::kGestation, "many", "not a plain decimal number");
}

TEST(ImportField, NumbersAreBounded) {
    expect_read(FieldKind::kNumber, "-12.345", "-12.345");
    expect_read(FieldKind::kNumber, "999999999999999", "999999999999999");
    expect_refused(FieldKind::kNumber, "1000000000000000", "number is not below 1,000,000,000,000,000");
    expect_refused(FieldKind::kNumber, "12%", "not a plain decimal number");
    EXPECT_EQ(decode_field(FieldKind::kNumber, "1.234,5", "", ',').value, "1234.5");
}

TEST(ImportField, KeysFitAnIndexAndTextsNeedNot) {
    const std::string longest(1000, 'x');
    expect_read(FieldKind::kKey, longest.c_str(), longest.c_str());
    expect_refused(FieldKind::kKey, (longest + "x").c_str(), "text is longer than 1000 bytes");
    EXPECT_EQ(find_import_field("project_id")->kind, FieldKind::kKey);
    const std::string long_text(10'000, 'x');
    expect_read(find_import_field("account")->kind, long_text.c_str(), long_text.c_str());
}

}  // namespace
}  // namespace pipeline_forecast
