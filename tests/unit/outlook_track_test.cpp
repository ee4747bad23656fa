#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "core/outlook/track_record.hpp"
#include "golden_files.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr double kPrior = 0.03;
constexpr double kScale = 1e6;

Matured forecast_of(int month, int horizon, double forecast, double actual) {
    return {.forecast = {.month = month,
                         .horizon = horizon,
                         .before = forecast,
                         .after = forecast,
                         .k2 = 0.01 * forecast * forecast,
                         .top_down = 900'000.0},
            .actual = actual};
}

TEST(OutlookTrackRecord, AsTheIndependentImplementation) {
    const std::filesystem::path path = golden::folder("golden_outlook") / "functions/track.csv";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "no golden data at " << path;
    const std::vector<golden::Row> rows = golden::read_csv(path);
    ASSERT_FALSE(rows.empty());
    std::vector<Matured> past;
    for (const golden::Row &row : rows) {
        const auto number = [&row](const char *column) { return golden::parse<double>(row.at(column)); };
        const auto near = [&](double actual, const char *column) {
            EXPECT_NEAR(actual, number(column), 1e-9 * std::abs(number(column))) << column << " " << number("month");
        };
        const Shocks shocks = learned_shocks(past, kPrior, {});
        near(model_weight(past, kScale, {}), "weight_before");
        near(shocks.pooled, "pooled_before");
        near(shocks.groups[0].variance, "shock_variance_before");
        past.push_back({.forecast = {.month = golden::parse<int>(row.at("month")),
                                     .before = number("forecast"),
                                     .after = number("forecast"),
                                     .k2 = number("k2"),
                                     .top_down = number("top_down")},
                        .actual = number("actual_known_next_month")});
    }
}

TEST(OutlookTrackRecord, WithoutPastThePriorAndTheModel) {
    const Shocks shocks = learned_shocks({}, kPrior, {});
    for (const Shock &shock : shocks.groups) {
        EXPECT_EQ(shock.variance, kPrior);
        EXPECT_EQ(shock.months, 0U);
    }
    EXPECT_EQ(model_weight({}, kScale, {}), 1.0);
    EXPECT_EQ(model_weight(std::vector{forecast_of(640, 0, 1e6, 9e5)}, 0.0, {}), 1.0);
}

TEST(OutlookTrackRecord, HorizonsLearnApart) {
    std::vector<Matured> past;
    for (int month = 600; month < 624; ++month) {
        past.push_back(forecast_of(month, 0, 1e6, 1e6));
        past.push_back(forecast_of(month, 8, 1e6, month % 2 == 0 ? 0.5e6 : 1.5e6));
    }
    const Shocks shocks = learned_shocks(past, kPrior, {});
    EXPECT_LT(shocks.groups[0].variance, shocks.pooled);
    EXPECT_GT(shocks.groups[3].variance, shocks.pooled);
    EXPECT_EQ(shocks.groups[0].months, 24U);
    EXPECT_EQ(shocks.groups[1].months, 0U);
}

TEST(OutlookTrackRecord, TrustsWhatHasBeenRight) {
    std::vector<Matured> model_right;
    std::vector<Matured> line_right;
    for (int month = 600; month < 618; ++month) {
        model_right.push_back(forecast_of(month, 0, 1.4e6, 1.4e6));
        line_right.push_back(forecast_of(month, 0, 1.4e6, 0.9e6));
    }
    EXPECT_NEAR(model_weight(model_right, kScale, {}), 1.0, 1e-12);
    EXPECT_LT(model_weight(line_right, kScale, {}), 0.1);
}

TEST(OutlookTrackRecord, BlendStaysInBounds) {
    EXPECT_EQ(blend_factor(1.0, 5e5, 1e6), 1.0);
    EXPECT_EQ(blend_factor(0.5, 5e5, 1e6), 0.75);
    EXPECT_EQ(blend_factor(0.0, 1e9, 1.0), 5.0);
    EXPECT_EQ(blend_factor(0.0, 0.0, 1e6), 0.2);
    EXPECT_EQ(blend_factor(0.3, 1e6, 0.0), 1.0);
}

TEST(OutlookTrackRecord, JudgesOnlyWhatIsOver) {
    const double may = month_begin(700);
    const double june = month_begin(701);
    Lives lives{.origin = june + 3.0, .known_from = may - 400.0};
    lives.of = {{.end = may - 1.0, .ending = Ending::kWon, .order_value = 7.0},
                {.end = may + 4.5, .ending = Ending::kWon, .order_value = 100.0},
                {.end = may + 20.0, .ending = Ending::kWon, .order_value = 30.0},
                {.end = may + 21.0, .ending = Ending::kLost},
                {.end = june + 1.0, .ending = Ending::kWon, .order_value = 999.0}};
    const PastForecast whole{.origin = may, .month = 700, .p10 = 90.0, .p90 = 130.0};
    PastForecast rest = whole;
    rest.origin = may + 10.0;
    PastForecast cumulated = whole;
    cumulated.origin = month_begin(699);
    cumulated.span = Span::kCumulated;
    PastForecast told = whole;
    told.actual = 131.0;
    PastForecast running = whole;
    running.month = 701;
    const std::vector<Judged> judged = judge({whole, rest, cumulated, told, running}, Wins(lives), lives.origin);
    ASSERT_EQ(judged.size(), 4U);
    EXPECT_EQ(judged[0].actual, 130.0);
    EXPECT_TRUE(judged[0].held);
    EXPECT_EQ(judged[1].actual, 30.0);
    EXPECT_FALSE(judged[1].held);
    EXPECT_EQ(judged[2].actual, 137.0);
    EXPECT_EQ(judged[3].actual, 131.0);
    EXPECT_FALSE(judged[3].held);
}

}  // namespace
}  // namespace pipeline_forecast::outlook
