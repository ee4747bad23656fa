// Conversion rates of a segment: how many of all enquiries are won (inclusive), and how many of those that ended
// (closed only).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/analysis/outcome.hpp"
#include "core/analysis/time_weights.hpp"
#include "core/calendar.hpp"

namespace pipeline_forecast::analysis {

// Rows that ended alike and were created on one day.
struct DatedOutcome {
    Outcome outcome = Outcome::kOpen;
    std::optional<Day> created;
    std::size_t count = 1;
};

// Counts, and sums of the time weights. The weights of all rows together sum to total().
struct OutcomeTally {
    std::size_t won = 0;
    std::size_t lost = 0;
    std::size_t open = 0;
    double weighted_won = 0.0;  // unrounded; reports show the three sums with two decimals
    double weighted_lost = 0.0;
    double weighted_open = 0.0;
    double lightest_weight = 0.0;  // of one row; 0 without rows
    double heaviest_weight = 0.0;
    std::optional<Day> oldest;  // of the dates; absent where no row has one
    std::optional<Day> newest;

    [[nodiscard]] std::size_t total() const noexcept { return won + lost + open; }
    // Unweighted won / (won + lost); absent where nothing has ended.
    [[nodiscard]] std::optional<double> closed_win_rate() const noexcept;
};

// Weights are scaled over all rows. The order of the rows does not matter.
[[nodiscard]] OutcomeTally tally_outcomes(std::vector<DatedOutcome> rows, const TimeWeighting &weighting);

inline constexpr std::string_view kInclusiveMethod = "inclusive_closed_wins";
inline constexpr std::string_view kClosedOnlyMethod = "closed_only";

// A rate of so many projects is fully trusted; where there is nothing to divide, the rate is even odds.
inline constexpr double kFullConfidenceProjects = 100.0;
inline constexpr double kEvenOdds = 0.5;
// Pseudo-wins, and as many pseudo-losses, that smooth a rate.
inline constexpr double kLaplaceK = 1.0;

struct ConversionEstimate {
    std::optional<double> rate;  // smoothed, unrounded, within [0, 1]
    // The weighted share without smoothing; absent where there is nothing to divide.
    std::optional<double> raw_rate;
    double confidence = 0.0;  // [0, 1], two decimals
};

// (won + k) / (total + 2k) in weights; confidence = min(rows / kFullConfidenceProjects, 1). Always has a
// rate: kEvenOdds without rows.
// laplace_k >= 0.
[[nodiscard]] ConversionEstimate inclusive_conversion(const OutcomeTally &tally, double laplace_k);

struct ConversionPrior {
    double win_rate = 0.0;  // [0, 1]
    double strength = 0.0;  // in projects, >= 0
};

// With a prior (won + strength * win_rate) / (won + lost + strength) in weights, else (won + k) / (won + lost + 2k);
// confidence = min(weight of won and lost / kFullConfidenceProjects, 1). No rate where nothing has ended.
[[nodiscard]] ConversionEstimate closed_only_conversion(const OutcomeTally &tally, double laplace_k,
                                                        const std::optional<ConversionPrior> &prior);

// (successes + k) / (trials + 2k), and kEvenOdds where that is 0 / 0. 0 <= successes <= trials, k >= 0.
[[nodiscard]] double laplace_rate(double successes, double trials, double k) noexcept;

}  // namespace pipeline_forecast::analysis
