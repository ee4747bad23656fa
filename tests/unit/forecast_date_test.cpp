// The day a project is forecast for.
#include "core/forecast.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace pipeline_forecast {
namespace {

using std::chrono::days;
using std::chrono::year;

constexpr Day kForecastDay = year{2026} / 11 / 24;
constexpr Day kOrder = year{2026} / 1 / 1;
constexpr Day kStart = year{2026} / 2 / 2;
constexpr Day kFollowUp = year{2026} / 3 / 3;
constexpr Day kCreated = year{2026} / 4 / 4;

const DateInput kEverything{kOrder, kStart, kFollowUp, kCreated, 30};

TEST(ForecastDate, TheFirstKnownDateCounts) {
    DateInput input = kEverything;
    EXPECT_EQ(forecast_date(input, kForecastDay), kOrder);
    EXPECT_EQ(forecast_date_source(input), DateSource::kOrderReceived);

    input.date_order_received.reset();
    EXPECT_EQ(forecast_date(input, kForecastDay), kStart);
    EXPECT_EQ(forecast_date_source(input), DateSource::kExpectedStart);

    input.expected_start_date.reset();
    EXPECT_EQ(forecast_date(input, kForecastDay), kFollowUp);
    EXPECT_EQ(forecast_date_source(input), DateSource::kFollowUp);

    input.follow_up_date.reset();
    EXPECT_EQ(forecast_date(input, kForecastDay), kCreated + days{30});
    EXPECT_EQ(forecast_date_source(input), DateSource::kCreatedPlusGestation);

    input.expected_gestation_days.reset();
    EXPECT_EQ(forecast_date(input, kForecastDay), kCreated);
    EXPECT_EQ(forecast_date_source(input), DateSource::kCreated);

    input.date_created.reset();
    EXPECT_EQ(forecast_date(input, kForecastDay), kForecastDay);
    EXPECT_EQ(forecast_date_source(input), DateSource::kToday);
}

TEST(ForecastDate, AGestationNeedsADayToStartFrom) {
    const DateInput input{.expected_gestation_days = 30};
    EXPECT_EQ(forecast_date(input, kForecastDay), kForecastDay);
    EXPECT_EQ(forecast_date_source(input), DateSource::kToday);
}

TEST(ForecastDate, ANegativeGestationCountsAsZero) {
    const DateInput input{.date_created = kCreated, .expected_gestation_days = -7};
    EXPECT_EQ(forecast_date(input, kForecastDay), kCreated);
    EXPECT_EQ(forecast_date_source(input), DateSource::kCreatedPlusGestation);
}

TEST(ForecastDate, AGestationBeyondTheCalendarEndsOnItsLastDay) {
    for (const int gestation : {10'000'000, std::numeric_limits<int>::max()}) {
        EXPECT_EQ(forecast_date({.date_created = kCreated, .expected_gestation_days = gestation}, kForecastDay),
                  kLastDay);
    }
    EXPECT_EQ(forecast_date({.date_created = kLastDay, .expected_gestation_days = 5}, kForecastDay), kLastDay);
    EXPECT_EQ(forecast_date({.date_created = kCreated, .expected_gestation_days = std::numeric_limits<int>::min()},
                            kForecastDay),
              kCreated);
}

TEST(ForecastDate, APastDateStaysWhereItIs) {
    const Day past = year{1999} / 5 / 6;
    EXPECT_EQ(forecast_date({.follow_up_date = past}, kForecastDay), past);
}

TEST(ForecastDate, SourcesHaveTheirPublishedNames) {
    EXPECT_EQ(to_string(DateSource::kOrderReceived), "date_order_received");
    EXPECT_EQ(to_string(DateSource::kExpectedStart), "expected_start_date");
    EXPECT_EQ(to_string(DateSource::kFollowUp), "follow_up_date");
    EXPECT_EQ(to_string(DateSource::kCreatedPlusGestation), "date_created_plus_expected_gestation_days");
    EXPECT_EQ(to_string(DateSource::kCreated), "date_created");
    EXPECT_EQ(to_string(DateSource::kToday), "current_date_default");
}

}  // namespace
}  // namespace pipeline_forecast
