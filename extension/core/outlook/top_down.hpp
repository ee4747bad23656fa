// The line that looks at monthly totals alone: their recent level with a proven season.
#pragma once

#include <vector>

#include "core/outlook/settings.hpp"
#include "core/outlook/wins.hpp"

namespace pipeline_forecast::outlook {

struct WonMonth {
    int month = 0;
    double value = 0.0;
    double variance = 1.0;  // of the value, relative to its square
};

// The newest complete months, at most sixty: whole months from known_from to `end`, which is not among them.
[[nodiscard]] std::vector<WonMonth> won_months(const Wins &wins, double known_from, int end);

// The line of a month; the logarithms are by calendar month.
class TopDown {
public:
    TopDown(const std::vector<WonMonth> &months, int end, const Settings &settings);

    // Nothing was won in any month, or there is none.
    [[nodiscard]] bool empty() const noexcept { return !(level_ > 0.0); }
    [[nodiscard]] double line(int month) const noexcept;
    // The mean of the newest twelve months.
    [[nodiscard]] double scale() const noexcept { return scale_; }

private:
    std::vector<double> season_;  // factors by month of the year
    double level_ = 0.0;
    double scale_ = 0.0;
};

}  // namespace pipeline_forecast::outlook
