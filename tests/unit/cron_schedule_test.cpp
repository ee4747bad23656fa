#include "core/cron_schedule.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/decode.hpp"
#include "core/input_error.hpp"

namespace pipeline_forecast {
namespace {

using std::chrono::minutes;
using Minute = CronSchedule::Minute;

// "2026-11-24 03:10"
Minute at(const std::string &text) {
    return *decode_day(text.substr(0, 10)).value + std::chrono::hours{std::stoi(text.substr(11, 2))} +
           minutes{std::stoi(text.substr(14, 2))};
}

std::string shown_moment(std::optional<Minute> moment) {
    if (!moment) return "never";
    const Day day = std::chrono::floor<std::chrono::days>(*moment);
    const auto minute = (*moment - day).count();
    const auto padded = [](long number) { return std::string(number < 10 ? "0" : "") + std::to_string(number); };
    return to_iso(day) + " " + padded(minute / 60) + ":" + padded(minute % 60);
}

std::string next(const std::string &schedule, const std::string &moment) {
    return shown_moment(CronSchedule::parse(schedule).next(at(moment)));
}

std::string previous(const std::string &schedule, const std::string &moment) {
    return shown_moment(CronSchedule::parse(schedule).previous(at(moment)));
}

struct CronVector {
    const char *schedule;
    const char *moment;
    const char *next;      // strictly after the moment
    const char *previous;  // at the moment or before
};

void PrintTo(const CronVector &vector, std::ostream *out) { *out << vector.schedule << " at " << vector.moment; }

class CronVectors : public testing::TestWithParam<CronVector> {};

TEST_P(CronVectors, NextAndPreviousRun) {
    const CronVector &vector = GetParam();
    EXPECT_EQ(next(vector.schedule, vector.moment), vector.next) << "next of " << vector.schedule;
    EXPECT_EQ(previous(vector.schedule, vector.moment), vector.previous) << "previous of " << vector.schedule;
}

INSTANTIATE_TEST_SUITE_P(
    Everyday, CronVectors,
    testing::Values(CronVector{"* * * * *", "2026-11-24 03:10", "2026-11-24 03:11", "2026-11-24 03:10"},
                    CronVector{"*/30 * * * *", "2026-11-24 03:10", "2026-11-24 03:30", "2026-11-24 03:00"},
                    CronVector{"*/30 * * * *", "2026-11-24 23:30", "2026-11-25 00:00", "2026-11-24 23:30"},
                    CronVector{"*/25 * * * *", "2026-11-24 03:50", "2026-11-24 04:00", "2026-11-24 03:50"},
                    CronVector{"10 3 * * *", "2026-11-24 03:09", "2026-11-24 03:10", "2026-11-23 03:10"},
                    CronVector{"10 3 * * *", "2026-11-24 03:10", "2026-11-25 03:10", "2026-11-24 03:10"},
                    CronVector{"5-59/10 * * * *", "2026-11-24 03:55", "2026-11-24 04:05", "2026-11-24 03:55"},
                    CronVector{"0 9-17 * * *", "2026-11-24 17:01", "2026-11-25 09:00", "2026-11-24 17:00"},
                    CronVector{"15,45 6,18 * * *", "2026-11-24 06:30", "2026-11-24 06:45", "2026-11-24 06:15"},
                    CronVector{"1,2-4,50-58/4 * * * *", "2026-11-24 00:04", "2026-11-24 00:50", "2026-11-24 00:04"},
                    CronVector{"  0   0  *  *  *  ", "2026-11-24 12:00", "2026-11-25 00:00", "2026-11-24 00:00"}));

INSTANTIATE_TEST_SUITE_P(
    MonthsAndYears, CronVectors,
    testing::Values(CronVector{"0 0 1 1 *", "2026-11-24 12:00", "2027-01-01 00:00", "2026-01-01 00:00"},
                    CronVector{"0 0 31 * *", "2026-04-15 12:00", "2026-05-31 00:00", "2026-03-31 00:00"},
                    CronVector{"59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59", "2026-12-31 23:59"},
                    CronVector{"0 0 1 */3 *", "2026-02-01 00:00", "2026-04-01 00:00", "2026-01-01 00:00"},
                    CronVector{"0 0 1 2-4 *", "2026-04-01 00:01", "2027-02-01 00:00", "2026-04-01 00:00"}));

INSTANTIATE_TEST_SUITE_P(
    LeapDays, CronVectors,
    testing::Values(CronVector{"0 0 29 2 *", "2026-11-24 12:00", "2028-02-29 00:00", "2024-02-29 00:00"},
                    CronVector{"0 0 29 2 *", "2024-02-29 00:00", "2028-02-29 00:00", "2024-02-29 00:00"},
                    CronVector{"0 0 29 2 *", "1900-01-01 00:00", "1904-02-29 00:00", "1896-02-29 00:00"},
                    CronVector{"0 0 29 2 *", "2100-03-01 00:00", "2104-02-29 00:00", "2096-02-29 00:00"},
                    CronVector{"30 12 28 2 *", "2024-02-28 12:30", "2025-02-28 12:30", "2024-02-28 12:30"},
                    CronVector{"0 0 30 2 *", "2026-11-24 12:00", "never", "never"},
                    CronVector{"0 0 31 4,6,9,11 *", "2026-11-24 12:00", "never", "never"}));

// 2026-11-24 is a Tuesday.
INSTANTIATE_TEST_SUITE_P(
    DaysOfTheWeek, CronVectors,
    testing::Values(CronVector{"0 0 * * 2", "2026-11-24 12:00", "2026-12-01 00:00", "2026-11-24 00:00"},
                    CronVector{"0 0 * * 0", "2026-11-24 12:00", "2026-11-29 00:00", "2026-11-22 00:00"},
                    CronVector{"0 0 * * 7", "2026-11-24 12:00", "2026-11-29 00:00", "2026-11-22 00:00"},
                    CronVector{"0 0 * * 1-5", "2026-11-27 12:00", "2026-11-30 00:00", "2026-11-27 00:00"},
                    CronVector{"0 0 * * 6-7", "2026-11-24 12:00", "2026-11-28 00:00", "2026-11-22 00:00"},
                    // Day of month or day of week, where both are restricted.
                    CronVector{"0 0 13 * 5", "2026-11-24 12:00", "2026-11-27 00:00", "2026-11-20 00:00"},
                    CronVector{"0 0 25 * 1", "2026-11-24 12:00", "2026-11-25 00:00", "2026-11-23 00:00"},
                    // A field that begins with * restricts nothing by this rule, even with a step: both must fit.
                    CronVector{"0 0 */2 * 1", "2026-11-24 12:00", "2026-12-07 00:00", "2026-11-23 00:00"},
                    CronVector{"0 0 13 * */2", "2026-11-24 12:00", "2026-12-13 00:00", "2026-10-13 00:00"},
                    CronVector{"0 0 13 1 *", "2026-11-24 12:00", "2027-01-13 00:00", "2026-01-13 00:00"}));

INSTANTIATE_TEST_SUITE_P(
    Steps, CronVectors,
    testing::Values(CronVector{"*/59 * * * *", "2026-11-24 00:00", "2026-11-24 00:59", "2026-11-24 00:00"},
                    CronVector{"7-59/10 * * * *", "2026-11-24 00:57", "2026-11-24 01:07", "2026-11-24 00:57"},
                    CronVector{"3-5/3 * * * *", "2026-11-24 00:30", "2026-11-24 01:03", "2026-11-24 00:03"}));

class CronInvalid : public testing::TestWithParam<const char *> {};

TEST_P(CronInvalid, IsRefused) {
    try {
        (void)CronSchedule::parse(GetParam());
        FAIL() << "accepted: " << GetParam();
    } catch (const InputError &error) {
        EXPECT_EQ(error.sqlstate(), "22023");
        EXPECT_EQ(error.what(), "invalid cron schedule \"" + std::string(GetParam()) + "\"");
        EXPECT_FALSE(error.hint().empty());
    }
}

INSTANTIATE_TEST_SUITE_P(
    Refused, CronInvalid,
    testing::Values("", " ", "*", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *",
                    "* * * 0 *", "* * * 13 *", "* * * * 8", "-1 * * * *", "+1 * * * *", "1- * * * *", "-5 * * * *",
                    "5-1 * * * *", "1-2-3 * * * *", "*/0 * * * *", "*/ * * * *", "*/-1 * * * *", "*/5/5 * * * *",
                    "/5 * * * *",
                    // As pg_cron: a step needs a range, and is no wider than the field.
                    "7/10 * * * *", "*/60 * * * *", "* */24 * * *", "5-59/4294967295 * * * *", "1,,2 * * * *",
                    ",1 * * * *", "1, * * * *", "a * * * *", "** * * * *", "*-5 * * * *", "1.5 * * * *", "1e1 * * * *",
                    "0x1 * * * *", "99999999999999999999 * * * *", "@daily", "every minute", "30 seconds",
                    "* * * JAN *", "* * * * MON", "*\t*\t*\t*\t*", "* * * * *\n", "'; DROP TABLE projects; --"));

TEST(CronSchedule, NextAndPreviousAreInverse) {
    for (const char *text : {"*/7 * * * *", "10 3 * * *", "0 12 1,15 * *", "5 4 * * 0", "0 0 29 2 *"}) {
        const CronSchedule schedule = CronSchedule::parse(text);
        Minute moment = at("2023-12-31 23:59");
        for (int i = 0; i < 30; ++i) {
            const std::optional<Minute> run = schedule.next(moment);
            ASSERT_TRUE(run) << text;
            ASSERT_GT(*run, moment) << text;
            ASSERT_EQ(schedule.previous(*run), run) << text << ": a run is its own previous run";
            ASSERT_EQ(schedule.next(*run - minutes{1}), run) << text;
            moment = *run;
        }
    }
}

}  // namespace
}  // namespace pipeline_forecast
