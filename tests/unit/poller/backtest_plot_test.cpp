// The picture of a backtest: which panels, which marks, where they are.
#include <gtest/gtest.h>

#include <limits>
#include <regex>

#include "poller/reports/backtest_plot.hpp"

namespace poller::reports {
namespace {

[[nodiscard]] ForecastMonth month(int horizon, const char *day, double actual) {
    return {horizon, day, actual, 100, 20, 80, 120, 90.0};
}

[[nodiscard]] std::ptrdiff_t count(const std::string &text, const std::string &pattern) {
    const std::regex expression(pattern);
    return std::distance(std::sregex_iterator(text.begin(), text.end(), expression), std::sregex_iterator());
}

// Of the first match, the number in its group.
[[nodiscard]] double number(const std::string &text, const std::string &pattern) {
    std::smatch match;
    return std::regex_search(text, match, std::regex(pattern)) ? std::stod(match[1])
                                                               : std::numeric_limits<double>::quiet_NaN();
}

TEST(BacktestPlot, DrawsAPanelForEachOfTheHorizonsThatTellMost) {
    const std::string plot = backtest_plot({month(1, "2017-11-01", 100), month(2, "2017-11-01", 100),
                                            month(3, "2017-11-01", 100), month(12, "2017-11-01", 100)});
    EXPECT_EQ(count(plot, "class=\"panel\""), 3);
    EXPECT_NE(plot.find("Forecast before the month began"), std::string::npos);
    EXPECT_NE(plot.find("Forecast 2 months earlier"), std::string::npos);
    EXPECT_NE(plot.find("Forecast 11 months earlier"), std::string::npos);
}

TEST(BacktestPlot, DrawsTheNearestHorizonWhereThereIsNoOther) {
    const std::string plot = backtest_plot({month(5, "2017-11-01", 100), month(2, "2017-11-01", 100)});
    EXPECT_EQ(count(plot, "class=\"panel\""), 1);
    EXPECT_NE(plot.find("Forecast a month earlier"), std::string::npos);
}

TEST(BacktestPlot, TellsWhatLeftTheBandByShape) {
    const std::string plot =
        backtest_plot({month(1, "2017-10-01", 80), month(1, "2017-11-01", 120), month(1, "2017-12-01", 120.01)});
    EXPECT_EQ(count(plot, "<g><title>[^<]*</title>.*class=\"actual\""), 2);
    EXPECT_EQ(count(plot, "<g><title>[^<]*</title>.*class=\"actual outside\""), 1);
    EXPECT_NE(plot.find("within the band in 2 of 3 months"), std::string::npos);
}

TEST(BacktestPlot, PutsLargerAmountsHigherAndLaterMonthsToTheRight) {
    const std::string plot = backtest_plot({month(1, "2017-12-01", 50), month(1, "2018-01-01", 200)});
    const std::string first = plot.substr(plot.find("<g><title>Dec 2017"));
    const std::string second = plot.substr(plot.find("<g><title>Jan 2018"));
    EXPECT_GT(number(first, "cy=\"([0-9.]+)\""), number(second, "cy=\"([0-9.]+)\""));
    EXPECT_LT(number(first, "cx=\"([0-9.]+)\""), number(second, "cx=\"([0-9.]+)\""));
    // Half of the greatest amount, 200, is half-way up.
    const double zero = number(plot, "class=\"zero\".* y1=\"([0-9.]+)\"");
    EXPECT_NEAR(zero - number(first, "class=\"expected\" .*? y1=\"([0-9.]+)\""),
                (zero - number(second, "cy=\"([0-9.]+)\"")) / 2, 0.1);
}

TEST(BacktestPlot, DrawsNegativeAndEmptyMonths) {
    const std::string credit = backtest_plot({{1, "2017-12-01", -500, 0, 0, -20, 10, {}}});
    EXPECT_NE(credit.find("invoiced -500,"), std::string::npos);
    EXPECT_GT(number(credit, "class=\"actual outside\" [^>]*cy=\"([0-9.]+)\" r=\"5\"/></g>"),
              number(credit, "class=\"zero\".* y1=\"([0-9.]+)\""))
        << "below the line";
    const std::string empty = backtest_plot({{1, "2017-12-01", 0, 0, 0, 0, 0, {}}});
    EXPECT_EQ(count(empty, "nan|inf"), 0);
    EXPECT_EQ(count(empty, "class=\"naive\""), 1) << "the legend's alone";
}

TEST(BacktestPlot, NamesTheCurrencyWhereThereIsOne) {
    EXPECT_NE(backtest_plot({month(1, "2017-12-01", 1)}).find(">Forecast against what was invoiced</text>"),
              std::string::npos);
    EXPECT_NE(backtest_plot({month(1, "2017-12-01", 1)}, "<R&D>").find("invoiced, &lt;R&amp;D></text>"),
              std::string::npos);
}

TEST(BacktestPlot, LeavesRoomBetweenTheEntriesOfTheLegend) {
    const std::string plot = backtest_plot({month(1, "2017-12-01", 1)});
    const double outside = number(plot, "<text x=\"([0-9.]+)\" y=\"70.5\">outside the band<");
    const double band = number(plot, "<text x=\"([0-9.]+)\" y=\"70.5\">worst to best case<");
    const double mean = number(plot, "<text x=\"([0-9.]+)\" y=\"70.5\">12-month mean<");
    EXPECT_GT(band - outside, 16 * 7 + 35) << "a name of 16 letters and the next mark";
    EXPECT_LT(mean + 13 * 8, 880) << "all within the picture";
}

TEST(BacktestPlot, ShortensAmounts) {
    const std::string plot = backtest_plot({{1, "2017-12-01", 1131573, 90610.86, 0, 80506.26, 2e9, {}}});
    EXPECT_NE(plot.find("invoiced 1.13M, expected 90.6k, worst 80.5k, best 2bn, committed 0"), std::string::npos);
}

}  // namespace
}  // namespace poller::reports
