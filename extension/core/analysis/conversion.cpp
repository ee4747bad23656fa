#include "core/analysis/conversion.hpp"

#include <algorithm>

#include "core/analysis/rounding.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

double conversion_confidence(double rows) noexcept {
    return round_half_even(std::min(rows / kFullConfidenceProjects, 1.0), 2);
}

std::optional<double> share(double part, double whole) noexcept {
    return whole > 0.0 ? std::optional(std::min(part / whole, 1.0)) : std::nullopt;
}

}  // namespace

std::optional<double> OutcomeTally::closed_win_rate() const noexcept {
    return share(static_cast<double>(won), static_cast<double>(won + lost));
}

OutcomeTally tally_outcomes(std::vector<DatedOutcome> rows, const TimeWeighting &weighting) {
    OutcomeTally tally;
    if (rows.empty()) return tally;

    // By date, so that the sums add the same numbers in the same order however the rows arrive.
    const auto is_older = [](const DatedOutcome &left, const DatedOutcome &right) {
        return left.created < right.created;
    };
    if (!std::is_sorted(rows.begin(), rows.end(), is_older)) std::sort(rows.begin(), rows.end(), is_older);
    std::vector<std::optional<Day>> created;
    std::vector<std::size_t> counts;
    created.reserve(rows.size());
    counts.reserve(rows.size());
    for (const DatedOutcome &row : rows) {
        created.push_back(row.created);
        counts.push_back(row.count);
    }
    const std::vector<double> weights = time_weights(created, counts, weighting);

    const auto put = [](std::size_t &total, double &weighted, std::size_t count, double weight) {
        total += count;
        for (std::size_t row = 0; row < count; ++row) weighted += weight;
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        switch (rows[i].outcome) {
            case Outcome::kWon: put(tally.won, tally.weighted_won, counts[i], weights[i]); break;
            case Outcome::kLost: put(tally.lost, tally.weighted_lost, counts[i], weights[i]); break;
            case Outcome::kOpen: put(tally.open, tally.weighted_open, counts[i], weights[i]); break;
        }
    }
    // No date sorts first.
    tally.newest = rows.back().created;
    const auto oldest =
        std::find_if(rows.begin(), rows.end(), [](const DatedOutcome &row) { return row.created.has_value(); });
    if (oldest != rows.end()) tally.oldest = oldest->created;
    const auto [lightest, heaviest] = std::minmax_element(weights.begin(), weights.end());
    tally.lightest_weight = *lightest;
    tally.heaviest_weight = *heaviest;
    return tally;
}

double laplace_rate(double successes, double trials, double k) noexcept {
    return share(successes + k, trials + 2.0 * k).value_or(kEvenOdds);
}

ConversionEstimate inclusive_conversion(const OutcomeTally &tally, double laplace_k) {
    const auto rows = static_cast<double>(tally.total());
    return {laplace_rate(tally.weighted_won, rows, laplace_k), share(tally.weighted_won, rows),
            conversion_confidence(rows)};
}

ConversionEstimate closed_only_conversion(const OutcomeTally &tally, double laplace_k,
                                          const std::optional<ConversionPrior> &prior) {
    if (tally.won + tally.lost == 0) return {};
    const double closed = tally.weighted_won + tally.weighted_lost;
    const double smoothed =
        prior ? share(tally.weighted_won + prior->strength * prior->win_rate, closed + prior->strength)
                    .value_or(kEvenOdds)
              : laplace_rate(tally.weighted_won, closed, laplace_k);
    return {smoothed, share(tally.weighted_won, closed), conversion_confidence(closed)};
}

}  // namespace pipeline_forecast::analysis
