// A backtest as a picture (SVG): what was forecast for each month, with its band, against what was invoiced.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poller::reports {

// What was forecast for a month, at one horizon (1: before the month began, 2: a month earlier, and so on), and what
// came.
struct ForecastMonth {
    int horizon = 1;
    std::string month;  // its first day, YYYY-MM-DD
    double actual = 0;
    double expected = 0;
    double committed = 0;
    double worst = 0;
    double best = 0;
    std::optional<double> naive;  // the mean of up to 12 months that were known when it was forecast
};

// A panel for each of the horizons 1, 3, 6 and 12 that there are (the nearest one where there is none of these), all on
// one scale. A month without a forecast at a horizon stays empty there. The picture brings its own background and
// follows the reader's light or dark scheme. The currency, where it is known, stands in the title.
[[nodiscard]] std::string backtest_plot(const std::vector<ForecastMonth> &months, std::string_view currency = {});

}  // namespace poller::reports
