#include "core/outlook/calendar_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "core/outlook/fresh_cells.hpp"
#include "core/outlook/horizon.hpp"
#include "core/outlook/season.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

struct MonthCount {
    ByCause<double> observed;
    ByCause<double> expected;
};

// Fewer expected events in a month tell nothing of it.
constexpr double kLeastExpected = 1.0;
// An origin at the very end of a month has seen the month.
constexpr double kGrace = 1.0;

std::vector<double> fit_cycle(const std::map<int, MonthCount> &months, Cause cause, int positions,
                              const Settings &settings) {
    std::vector<SeasonCount> counts;
    for (const auto &[month, count] : months) {
        if (count.expected[cause] < kLeastExpected) continue;
        counts.push_back({.position = static_cast<std::size_t>(month_of_year(month) % positions),
                          .observed = count.observed[cause],
                          .expected = count.expected[cause]});
    }
    return season_of_counts(counts, static_cast<std::size_t>(positions), settings);
}

}  // namespace

Calendar fit_calendar(const Model &model, const Landmarks &landmarks, const Lives &lives, const Settings &settings) {
    double first = std::numeric_limits<double>::infinity();
    for (const Landmark &row : landmarks.rows) first = std::min(first, row.moment);
    first = std::max(first, lives.known_from);

    std::map<int, MonthCount> months;
    for_each_fresh(model, landmarks, lives, [&months](const Exposure &cell, const ByCause<double> &expected) {
        MonthCount &count = months[month_of(cell.middle)];
        for (const Cause cause : kCauses) count.expected[cause] += expected[cause];
        if (cell.event) count.observed[*cell.event] += 1.0;
    });
    std::erase_if(months, [&](const auto &month) {
        return month_begin(month.first) < first || month_begin(month.first + 1) > lives.origin + kGrace;
    });

    Calendar calendar;
    for (const Cause cause : kCauses) {
        std::map<int, MonthCount> rest = months;
        const std::vector<double> quarter = fit_cycle(rest, cause, kMonthsOfQuarter, settings);
        for (std::size_t i = 0; i < quarter.size(); ++i) calendar.quarter[i][cause] = quarter[i];
        for (auto &[month, count] : rest) count.expected[cause] *= std::exp(calendar.log_factor(month, cause));
        const std::vector<double> year = fit_cycle(rest, cause, kMonthsOfYear, settings);
        for (std::size_t i = 0; i < year.size(); ++i) calendar.year[i][cause] = year[i];
    }
    return calendar;
}

}  // namespace pipeline_forecast::outlook
