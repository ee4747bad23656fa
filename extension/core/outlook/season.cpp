#include "core/outlook/season.hpp"

#include <algorithm>
#include <cmath>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

// Keeps the logarithm of a month with no event finite.
constexpr double kHalfEvent = 0.5;

bool is_proven(const std::vector<std::size_t> &cycles, const Settings &settings) noexcept {
    return std::ranges::all_of(
        cycles, [&settings](std::size_t count) { return count >= static_cast<std::size_t>(settings.min_cycles); });
}

}  // namespace

std::vector<double> season_shape(std::span<const SeasonSample> samples, std::size_t positions,
                                 const Settings &settings) {
    std::vector<double> shape(positions, 0.0);
    std::vector<std::size_t> cycles(positions, 0);
    for (const SeasonSample &sample : samples) ++cycles[sample.position];
    if (!is_proven(cycles, settings)) return shape;

    const auto weight = [&settings](const SeasonSample &sample) {
        return 1.0 / (sample.variance + settings.season_tau0);
    };
    double weights = 0.0;
    double sum = 0.0;
    for (const SeasonSample &sample : samples) {
        weights += weight(sample);
        sum += weight(sample) * sample.log_ratio;
    }
    const double mean = sum / weights;

    std::vector<double> position_weights(positions, 0.0);
    std::vector<double> means(positions, 0.0);
    for (const SeasonSample &sample : samples) {
        position_weights[sample.position] += weight(sample);
        means[sample.position] += weight(sample) * (sample.log_ratio - mean);
    }
    for (std::size_t position = 0; position < positions; ++position) means[position] /= position_weights[position];

    // What differs from cycle to cycle beyond chance.
    double squares = 0.0;
    double chance = 0.0;
    for (const SeasonSample &sample : samples) {
        const double rest = sample.log_ratio - mean - means[sample.position];
        squares += rest * rest;
        chance += sample.variance * (1.0 - 1.0 / static_cast<double>(cycles[sample.position]));
    }
    const double freedom = settings.season_nu0 + static_cast<double>(samples.size()) - static_cast<double>(positions);
    const double tau2 = (settings.season_nu0 * settings.season_tau0 + std::max(0.0, squares - chance)) / freedom;

    std::vector<double> uncertainty(positions, 0.0);
    for (const SeasonSample &sample : samples) {
        const auto count = static_cast<double>(cycles[sample.position]);
        uncertainty[sample.position] += (sample.variance + tau2) / (count * count);
    }
    double spread = 0.0;
    double mean_uncertainty = 0.0;
    for (std::size_t position = 0; position < positions; ++position) {
        spread += means[position] * means[position];
        mean_uncertainty += uncertainty[position];
    }
    const auto count = static_cast<double>(positions);
    const double signal = std::max(0.0, spread / (count - 1.0) - mean_uncertainty / count);
    for (std::size_t position = 0; position < positions; ++position) {
        shape[position] = means[position] * signal / (signal + uncertainty[position]);
    }
    return shape;
}

std::vector<double> season_of_counts(std::span<const SeasonCount> months, std::size_t positions,
                                     const Settings &settings) {
    std::vector<SeasonSample> samples;
    samples.reserve(months.size());
    std::vector<std::size_t> cycles(positions, 0);
    for (const SeasonCount &month : months) {
        samples.push_back({.position = month.position,
                           .log_ratio = std::log((month.observed + kHalfEvent) / (month.expected + kHalfEvent)),
                           .variance = 1.0 / (month.expected + kHalfEvent)});
        ++cycles[month.position];
    }
    std::vector<double> factors = season_shape(samples, positions, settings);
    if (!is_proven(cycles, settings)) return factors;

    double observed = 0.0;
    double expected = 0.0;
    for (const SeasonCount &month : months) {
        observed += month.observed;
        expected += month.expected * std::exp(factors[month.position]);
    }
    // Nothing observed has no logarithm; the rates then stay as they are.
    if (!(observed > 0.0 && expected > 0.0)) return factors;
    const double constant = std::log(observed / expected);
    for (double &factor : factors) factor += constant;
    return factors;
}

}  // namespace pipeline_forecast::outlook
