// Days as people and programs write them, one by one and by whole columns.
#include <gtest/gtest.h>

#include "core/import/calendar_words.hpp"
#include "core/import/day_inference.hpp"
#include "core/import/day_reader.hpp"
#include "core/import/letters.hpp"
#include "core/input_error.hpp"

namespace pipeline_forecast {
namespace {

std::string day_of(const char *text, const char *format) {
    const Decoded<Day> day = DayReader::parse(format).read(text);
    return day.value ? to_iso(*day.value) : day.reason;
}

DayFinding days_in(std::initializer_list<const char *> texts) {
    DayInference days;
    for (const char *text : texts) days.add(text);
    return days.result();
}

std::string order_in(std::initializer_list<const char *> texts) {
    const DayFinding found = days_in(texts);
    if (!found.order) return "none";
    return found.possible.size() == 1 ? std::string(to_string(*found.order)) : "ambiguous";
}

TEST(ImportDay, LettersAreComparedWithoutCapitalsAndAccents) {
    EXPECT_EQ(folded("FÉVRIER Październik ÄÖÜ ß Œ 12"), "fevrier pazdziernik aou ss oe 12");
    EXPECT_EQ(folded("מרץ"), "מרץ");
    EXPECT_EQ(stripped("\u00a0 \ufeff x \u200f\t"), "x");
    EXPECT_EQ(stripped(" \u00a0"), "");
}

TEST(ImportDay, MonthsAreKnownInTheirLanguages) {
    const std::vector<std::pair<const char *, unsigned>> names{
        {"January", 1}, {"JAN", 1},   {"Jänner", 1}, {"janv", 1}, {"stycznia", 1},   {"ene", 1},   {"févr", 2},
        {"luty", 2},    {"fev", 2},   {"März", 3},   {"Mrz", 3},  {"mrt", 3},        {"março", 3}, {"במרץ", 3},
        {"avr", 4},     {"kwi", 4},   {"mei", 5},    {"mai", 5},  {"maj", 5},        {"juin", 6},  {"cze", 6},
        {"juil", 7},    {"lip", 7},   {"août", 8},   {"ago", 8},  {"sierpnia", 8},   {"set", 9},   {"Sept", 9},
        {"wrz", 9},     {"out", 10},  {"okt", 10},   {"paź", 10}, {"listopada", 11}, {"dez", 12},  {"dic", 12},
        {"gru", 12},    {"דצמבר", 12}};
    for (const auto &[name, month] : names) EXPECT_EQ(month_named(name), month) << name;
    for (const char *word : {"", "ma", "jui", "x", "monday", "marc0", "q1"}) EXPECT_FALSE(month_named(word)) << word;
}

TEST(ImportDay, ADayIsReadInItsOrder) {
    for (const char *text :
         {"2031-02-07", "2031/2/7", "2031.02.07.", "2031-02-07T10:11:12Z", "2031-02-07 10:11:12.123+0530",
          "2031-02-07T10:11:12,5-03", "2031-02-07T23:59:59+05:30", "2031-02-07 10:11:12 UTC", "7-Feb-2031",
          "7 février 2031", "Friday, February 7, 2031", "Feb 7, 2031 3:04 PM", "7. Februar 2031", "2031 Feb 7"}) {
        EXPECT_EQ(day_of(text, "YYYY-MM-DD"), "2031-02-07") << text;
    }
    for (const char *text : {"07/02/2031", "7.2.31", "7-2-31", "07.02.2031 14:05", "7/2/2031, 2:05:06 p.m.",
                             "7 de febrero de 2031", "Fr., 7. Feb. 2031", "7/2/2031 0:00", "07 / 02 / 2031",
                             "7th of Feb 2031", "07FEB2031", "sexta-feira, 7 de fevereiro de 2031", "7 2 2031"}) {
        EXPECT_EQ(day_of(text, "DD/MM/YYYY"), "2031-02-07") << text;
    }
    for (const char *text :
         {"02/07/2031", "2/7/31", "02/07/31 08:55 PM", "02-07-2031 8:55:10am", "2/7/2031 12:00 AM"}) {
        EXPECT_EQ(day_of(text, "MM/DD/YYYY"), "2031-02-07") << text;
    }
    EXPECT_EQ(day_of("20310207", "YYYYMMDD"), "2031-02-07");
    EXPECT_EQ(day_of("20310207T084710Z", "YYYYMMDD"), "2031-02-07");
    EXPECT_EQ(day_of("47886", "excel"), "2031-02-07");
    EXPECT_EQ(day_of("47886.75", "excel"), "2031-02-07");
    EXPECT_EQ(day_of("47886,75", "excel"), "2031-02-07");
    EXPECT_EQ(day_of("1928224800", "unix"), "2031-02-07");
    EXPECT_EQ(day_of("1928224800000", "unix_ms"), "2031-02-07");
}

TEST(ImportDay, AnOffsetDoesNotMoveTheDayThatIsWritten) {
    EXPECT_EQ(day_of("2031-03-31T23:30:00-05:00", "YYYY-MM-DD"), "2031-03-31");
    EXPECT_EQ(day_of("2031-04-01T00:00:00+02:00", "YYYY-MM-DD"), "2031-04-01");
}

TEST(ImportDay, YearsOfTwoDigitsAreOfThisCenturyUpTo69) {
    EXPECT_EQ(day_of("1.2.69", "DD/MM/YYYY"), "2069-02-01");
    EXPECT_EQ(day_of("1.2.70", "DD/MM/YYYY"), "1970-02-01");
}

TEST(ImportDay, WhatIsNoDayIsRefused) {
    constexpr const char *kOther = "not a day in the format DD/MM/YYYY";
    constexpr const char *kNoDay = "no such day in the calendar, or one before 1900";
    EXPECT_EQ(day_of("13/13/2031", "DD/MM/YYYY"), kNoDay);
    EXPECT_EQ(day_of("30/02/2031", "DD/MM/YYYY"), kNoDay);
    EXPECT_EQ(day_of("31/12/1899", "DD/MM/YYYY"), kNoDay);
    EXPECT_EQ(day_of("01/13/2031", "DD/MM/YYYY"), kOther) << "a day in another order";
    EXPECT_EQ(day_of("2031-02-07", "DD/MM/YYYY"), kOther);
    for (const char *text : {"",          "Q1 2031",        "Feb 2031",      "2031-02",           "7/2",
                             "tomorrow",  "7/2/2031 25:00", "7/2/2031 1:60", "7/2/2031 13:00 PM", "7/2/2031x",
                             "7/2/20311", "7/2/231",        "7 Foo 2031",    "7/2/2031 +99:00",   "1.234,56",
                             "12:30",     "7//2/2031",      "infinity",      "2031-02-07T",       "Feb Feb 2031"}) {
        EXPECT_EQ(day_of(text, "DD/MM/YYYY"), kOther) << text;
    }
    EXPECT_EQ(day_of("20311340", "YYYYMMDD"), kNoDay);
    EXPECT_EQ(day_of("4788", "excel"), "not a day in the format excel");
}

// Most texts of a file are refused, and most days read, by their first characters alone.
TEST(ImportDay, PlainDaysAndOtherTextsAreToldApartEarly) {
    EXPECT_EQ(day_of("07.09.2031", "DD.MM.YYYY"), "2031-09-07");
    EXPECT_EQ(day_of("2031/09-07", "YYYY-MM-DD"), "2031-09-07");
    for (const char *text : {"07.09.203x", "2031-09/x7", "1234567890", "+1.09.2031", "(7.9.2031)", "REF-004711",
                             "Maschine 7", "Martin 3 2031"}) {
        DayInference days;
        EXPECT_EQ(days.add(text), std::string_view(text) == "1234567890") << text;
    }
    EXPECT_FALSE(DayInference().add(std::string(200, '7')));
}

TEST(ImportDay, FormatsStateTheOrder) {
    for (const char *format : {"DD/MM/YYYY", "D.M.YY", "DD-MON-YYYY", "D MONTH YYYY"}) {
        EXPECT_EQ(day_of("3.4.2031", format), "2031-04-03") << format;
    }
    EXPECT_EQ(day_of("3.4.2031", "M/D/YYYY"), "2031-03-04");
    EXPECT_EQ(day_of("03042031", "DDMMYYYY"), "2031-04-03") << "parts that touch are taken to the letter";
    EXPECT_EQ(day_of("3.4.2031", "DDMMYYYY"), "not a day in the format DDMMYYYY");
    for (const char *format :
         {"", "DD/MM", "YYYY", "DD/DD/YYYY", "DD/YYYY/MM", "yyyy-mm-dd", "Excel", "DD/MM/YYYY HH"}) {
        try {
            (void)DayReader::parse(format);
            FAIL() << "accepted: " << format;
        } catch (const InputError &error) {
            EXPECT_EQ(error.what(), "invalid date format \"" + std::string(format) + "\"");
            EXPECT_EQ(error.sqlstate(), "22023");
        }
    }
}

TEST(ImportDay, TheValuesOfAColumnTellItsOrder) {
    EXPECT_EQ(order_in({"2031-02-07", "2031-03-01"}), "YYYY-MM-DD");
    EXPECT_EQ(order_in({"03/04/2031", "05/06/2031", "13/04/2031"}), "DD/MM/YYYY");
    EXPECT_EQ(order_in({"03/04/2031", "04/13/2031"}), "MM/DD/YYYY");
    EXPECT_EQ(order_in({"20310207", "20310301"}), "YYYYMMDD");
    EXPECT_EQ(order_in({"46000", "46031.5"}), "excel");
    EXPECT_EQ(order_in({"1928224800", "1928224801"}), "unix");
    EXPECT_EQ(order_in({"1928224800123"}), "unix_ms");
    EXPECT_EQ(order_in({"n/a", ""}), "none");
    EXPECT_EQ(order_in({"05/05/2031", "06/06/2031"}), "DD/MM/YYYY") << "the same day in either order";
    EXPECT_EQ(order_in({"7 Feb 2031", "03/04/2031"}), "ambiguous") << "a month by name says nothing of the others";
    EXPECT_EQ(order_in({"7 Feb 2031", "Mar 9, 2031"}), "DD/MM/YYYY");
}

TEST(ImportDay, WhatCanBeReadTwiceIsAmbiguous) {
    const DayFinding found = days_in({"03/04/2031", "05/05/2031"});
    EXPECT_EQ(found.possible.size(), 2U);
    EXPECT_EQ(found.example, "03/04/2031");
    EXPECT_FALSE(found.is_mixed);
}

TEST(ImportDay, TwoOrdersInAColumnContradictEachOther) {
    const DayFinding found = days_in({"13/04/2031", "04/14/2031"});
    EXPECT_EQ(found.possible.size(), 2U);
    EXPECT_TRUE(found.is_mixed);
    DayInference days;
    for (int day = 13; day <= 28; ++day) {
        days.add(std::to_string(day) + "/04/2031");
        days.add(std::to_string(day) + "/05/2031");
    }
    days.add("04/14/2031");
    EXPECT_EQ(days.result().possible.size(), 1U) << "one odd value among many is an error of its own";
    EXPECT_EQ(days.result().known, 32);
}

TEST(ImportDay, YearsOfTwoDigitsAreFoundByTheirRepetition) {
    EXPECT_EQ(order_in({"21.03.31", "05.04.31", "28.02.31"}), "DD/MM/YYYY");
    EXPECT_EQ(order_in({"31-03-21", "31-04-05", "31-02-28"}), "YYYY-MM-DD");
    EXPECT_EQ(order_in({"02/23/31", "03/24/31"}), "MM/DD/YYYY");
    EXPECT_EQ(order_in({"23/02/28"}), "ambiguous") << "2028-02-23 or 2023-02-28";
}

}  // namespace
}  // namespace pipeline_forecast
