#include "core/analysis/gestation.hpp"

#include <algorithm>
#include <cmath>

#include "core/analysis/quantiles.hpp"
#include "core/analysis/rounding.hpp"
#include "core/analysis/sorted_keys.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

constexpr std::uint64_t kNewestFirst = (std::uint64_t{1} << kDayBits) - 1;

struct Spread {
    double p25;
    double median;
    double p75;
    double mean;
    double deviation;
};

double weighted_sum_of_squares(std::span<const double> values, std::span<const double> weights, double mean) noexcept {
    double sum = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        sum += weights[i] * (values[i] - mean) * (values[i] - mean);
    }
    return sum;
}

Spread measure(std::span<const double> values, std::span<const double> weights, bool weighted) {
    double weight_sum = 0.0;
    double weighted_sum = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        weight_sum += weights[i];
        weighted_sum += weights[i] * values[i];
    }
    const double mean = weighted_sum / weight_sum;
    const double squares = weighted_sum_of_squares(values, weights, mean);
    if (!weighted) {
        return {type7_quantile(values, 0.25), type7_quantile(values, 0.5), type7_quantile(values, 0.75), mean,
                std::sqrt(squares / (weight_sum - 1.0))};
    }
    const std::vector<double> shares = cumulative_shares(weights);
    return {weighted_quantile(values, shares, 0.25), weighted_quantile(values, shares, 0.5),
            weighted_quantile(values, shares, 0.75), mean, std::sqrt(squares / weight_sum)};
}

double gestation_confidence(std::size_t sample_size, const Spread &spread) noexcept {
    const double size_part = std::min(static_cast<double>(sample_size) / kFullSample, 1.0);
    const double evenness = std::max(0.0, 1.0 - spread.deviation / spread.mean);
    return round_half_even(kSampleSizeWeight * size_part + kEvennessWeight * evenness, 2);
}

}  // namespace

bool is_valid_gestation(std::optional<int> days) noexcept { return days && *days > 0 && *days < kGestationTooLong; }

std::uint64_t gestation_key(int days, std::optional<Day> created) noexcept {
    return static_cast<std::uint64_t>(days) << kDayBits | (kNewestFirst - day_key(created));
}

GestationSummary summarize_gestation(const std::vector<GestationSample> &samples, const TimeWeighting &weighting) {
    std::vector<std::uint64_t> keys;
    for (const GestationSample &sample : samples) {
        if (is_valid_gestation(sample.days)) keys.push_back(gestation_key(sample.days, sample.created));
    }
    sort_keys(keys);
    return summarize_gestation_keys(keys, weighting);
}

GestationSummary summarize_gestation_keys(std::span<const std::uint64_t> keys, const TimeWeighting &weighting) {
    GestationSummary summary;
    summary.baseline.sample_size = keys.size();
    if (keys.empty()) return summary;

    std::vector<double> values;
    std::vector<std::optional<Day>> created;
    values.reserve(keys.size());
    created.reserve(keys.size());
    for (const std::uint64_t key : keys) {
        values.push_back(static_cast<double>(key >> kDayBits));
        created.push_back(day_of(kNewestFirst - (key & kNewestFirst)));
    }
    summary.unweighted_quartiles = Quartiles{type7_quantile(values, 0.25), type7_quantile(values, 0.75)};
    if (keys.size() < kSmallestSample) return summary;

    const Spread spread = measure(values, time_weights(created, weighting), weighting.enabled);
    summary.baseline.confidence = gestation_confidence(keys.size(), spread);
    summary.baseline.statistics = GestationStatistics{
        .median = round_half_even(spread.median),
        .p25 = round_half_even(spread.p25),
        .p75 = round_half_even(spread.p75),
        .iqr = round_half_even(spread.p75 - spread.p25),
        .mean = round_half_even(spread.mean),
        .standard_deviation = round_half_even(spread.deviation),
    };
    return summary;
}

}  // namespace pipeline_forecast::analysis
