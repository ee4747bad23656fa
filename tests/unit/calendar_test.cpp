#include "core/calendar.hpp"

#include <gtest/gtest.h>

namespace pipeline_forecast {
namespace {

using std::chrono::year;

TEST(Calendar, DaysCountFromTheEpoch) {
    EXPECT_EQ(Day{year{1970} / 1 / 1}.time_since_epoch().count(), 0);
    EXPECT_EQ(Day{year{2000} / 1 / 1}.time_since_epoch().count(), 10'957);
}

TEST(Calendar, MonthStartIsTheFirstOfTheSameMonth) {
    EXPECT_EQ(month_start(year{2026} / 11 / 24), Day{year{2026} / 11 / 1});
    EXPECT_EQ(month_start(year{2026} / 11 / 1), Day{year{2026} / 11 / 1});
    EXPECT_EQ(month_start(year{2024} / 2 / 29), Day{year{2024} / 2 / 1});
    EXPECT_EQ(month_start(year{2026} / 12 / 31), Day{year{2026} / 12 / 1});
    EXPECT_EQ(month_start(year{1969} / 12 / 31), Day{year{1969} / 12 / 1}) << "before the epoch";
}

TEST(Calendar, IsoTextIsPadded) {
    EXPECT_EQ(to_iso(year{2026} / 1 / 2), "2026-01-02");
    EXPECT_EQ(to_iso(year{2026} / 12 / 31), "2026-12-31");
    EXPECT_EQ(to_iso(year{987} / 6 / 5), "0987-06-05");
    EXPECT_EQ(to_iso(kLastDay), "9999-12-31");
}

TEST(Calendar, PlausibleDaysAreThoseThatReportsCanShow) {
    EXPECT_TRUE(is_plausible(year{1900} / 1 / 1));
    EXPECT_FALSE(is_plausible(year{1899} / 12 / 31));
    EXPECT_TRUE(is_plausible(year{9999} / 12 / 31));
    EXPECT_FALSE(is_plausible(Day{year{9999} / 12 / 31} + std::chrono::days{1}));
}

}  // namespace
}  // namespace pipeline_forecast
