#include "core/decode.hpp"

#include <gtest/gtest.h>

#include "core/input_error.hpp"

namespace pipeline_forecast {
namespace {

using std::chrono::year;

struct ReadableDay {
    const char *text;
    const char *format;
    Day day;
};

void PrintTo(const ReadableDay &readable, std::ostream *out) { *out << readable.text << " as " << readable.format; }

class DayRead : public testing::TestWithParam<ReadableDay> {};

TEST_P(DayRead, GivesTheDay) {
    const Decoded<Day> decoded = decode_day(GetParam().text, GetParam().format);
    ASSERT_TRUE(decoded.value) << GetParam().text << ": " << decoded.reason;
    EXPECT_EQ(to_iso(*decoded.value), to_iso(GetParam().day));
}

constexpr const char *kIso = "YYYY-MM-DD";
constexpr Day kDay = year{2026} / 3 / 5;

INSTANTIATE_TEST_SUITE_P(Iso, DayRead,
                         testing::Values(ReadableDay{"2026-03-05", kIso, kDay},
                                         ReadableDay{" 2026-03-05\n", kIso, kDay}, ReadableDay{"2026-3-5", kIso, kDay},
                                         ReadableDay{"2026-03-05 13:45", kIso, kDay},
                                         ReadableDay{"2026-03-05T13:45:00Z", kIso, kDay},
                                         ReadableDay{"2026-03-05 13:45:00.123+00", kIso, kDay},
                                         ReadableDay{"2024-02-29", kIso, year{2024} / 2 / 29},
                                         ReadableDay{"2000-02-29", kIso, year{2000} / 2 / 29},
                                         ReadableDay{"1900-01-01", kIso, year{1900} / 1 / 1},
                                         ReadableDay{"9999-12-31", kIso, year{9999} / 12 / 31}));

INSTANTIATE_TEST_SUITE_P(OtherFormats, DayRead,
                         testing::Values(ReadableDay{"05/03/2026", "DD/MM/YYYY", kDay},
                                         ReadableDay{"5/3/2026", "DD/MM/YYYY", kDay},
                                         ReadableDay{"03/05/2026", "MM/DD/YYYY", kDay},
                                         ReadableDay{"5.3.2026", "DD.MM.YYYY", kDay},
                                         ReadableDay{"20260305", "YYYYMMDD", kDay},
                                         ReadableDay{"day 05 of 03, 2026", "day DD of MM, YYYY", kDay}));

class DayRefused : public testing::TestWithParam<std::tuple<const char *, const char *, const char *>> {};

TEST_P(DayRefused, SaysWhy) {
    const auto [text, format, reason] = GetParam();
    const Decoded<Day> decoded = decode_day(text, format);
    EXPECT_FALSE(decoded.value) << text << " was read as " << to_iso(*decoded.value);
    EXPECT_EQ(decoded.reason, reason) << text;
}

INSTANTIATE_TEST_SUITE_P(NotInTheFormat, DayRefused,
                         testing::Combine(testing::Values("", " ", "2026", "2026-03", "2026-03-", "2026--03-05",
                                                          "26-03-05", "12026-03-05", "-2026-03-05", "2026-03-05x",
                                                          "2026-03-05 noon", "2026-03-055", "2026-003-05", "2026/03/05",
                                                          "05-03-2026", "today", "infinity", "-infinity", "NaN",
                                                          "46086", "2026-03-05, 2026-03-06", "'; DROP TABLE projects",
                                                          "2026-03-05T23:30-05:00", "2026-03-05 23:30+01"),
                                          testing::Values(kIso),
                                          testing::Values("not a day in the format YYYY-MM-DD")));

INSTANTIATE_TEST_SUITE_P(TimeOnlyBehindIso, DayRefused,
                         testing::Combine(testing::Values("05/03/2026 13:45", "2026-03-05", "05/03/26", "05032026"),
                                          testing::Values("DD/MM/YYYY"),
                                          testing::Values("not a day in the format DD/MM/YYYY")));

INSTANTIATE_TEST_SUITE_P(PartsWithoutSeparatorHaveFullWidth, DayRefused,
                         testing::Combine(testing::Values("2026112", "202611", "2026-11-02"),
                                          testing::Values("YYYYMMDD"),
                                          testing::Values("not a day in the format YYYYMMDD")));

INSTANTIATE_TEST_SUITE_P(NotInTheCalendar, DayRefused,
                         testing::Combine(testing::Values("2026-02-30", "2025-02-29", "1900-02-29", "2026-13-01",
                                                          "2026-00-10", "2026-01-00", "2026-04-31", "2026-99-99"),
                                          testing::Values(kIso), testing::Values("no such day in the calendar")));

INSTANTIATE_TEST_SUITE_P(TooEarly, DayRefused,
                         testing::Combine(testing::Values("1899-12-31", "0001-01-01", "0000-12-31"),
                                          testing::Values(kIso), testing::Values("day before 1900")));

TEST(DayFormat, HasEachPartOnce) {
    for (const char *format : {"YYYY-MM-DD", "DD/MM/YYYY", "MMDDYYYY", "on DD.MM. in YYYY"}) {
        EXPECT_NO_THROW(require_day_format(format)) << format;
    }
    for (const char *format : {"", "YYYY-MM", "MM-DD", "YY-MM-DD", "yyyy-mm-dd", "YYYY-MM-DD DD", "YYYY-YYYY-MM-DD",
                               "YYYY-MM-MM-DD", "DD Mon YYYY", "'; DROP TABLE projects"}) {
        try {
            require_day_format(format);
            ADD_FAILURE() << "accepted: " << format;
        } catch (const InputError &error) {
            EXPECT_EQ(error.sqlstate(), "22023");
            EXPECT_EQ(error.what(), "invalid date format \"" + std::string(format) + "\"");
            EXPECT_FALSE(error.hint().empty());
        }
    }
}

}  // namespace
}  // namespace pipeline_forecast
