#include "core/outlook/top_down.hpp"

#include <algorithm>
#include <cmath>

#include "core/outlook/horizon.hpp"
#include "core/outlook/season.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

constexpr int kMostMonths = 60;
constexpr std::size_t kScaleMonths = 12;
constexpr double kLevelHalfLife = 6.0;  // months
// A season is looked for in months that are not too much by chance.
constexpr double kMostVariance = 1.0 / 3.0;
constexpr std::size_t kMonthsForYear = 24;

double mean_value(const std::vector<WonMonth> &months) noexcept {
    double sum = 0.0;
    for (const WonMonth &month : months) sum += month.value;
    return months.empty() ? 0.0 : sum / static_cast<double>(months.size());
}

// Takes away from the samples what it finds in them.
void fit_positions(std::vector<SeasonSample> &samples, const std::vector<WonMonth> &months, int positions,
                   std::vector<double> &logs, const Settings &settings) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i].position = static_cast<std::size_t>(month_of_year(months[i].month) % positions);
    }
    const std::vector<double> shape = season_shape(samples, static_cast<std::size_t>(positions), settings);
    for (SeasonSample &sample : samples) sample.log_ratio -= shape[sample.position];
    for (std::size_t month = 0; month < logs.size(); ++month) {
        logs[month] += shape[month % static_cast<std::size_t>(positions)];
    }
}

std::vector<double> season_factors(const std::vector<WonMonth> &months, const Settings &settings) {
    std::vector<double> logs(kMonthsOfYear, 0.0);
    const double mean = mean_value(months);
    const bool usable = std::ranges::all_of(
        months, [](const WonMonth &month) { return month.variance <= kMostVariance && month.value > 0.0; });
    if (usable && mean > 0.0) {
        std::vector<SeasonSample> samples;
        samples.reserve(months.size());
        for (const WonMonth &month : months) {
            samples.push_back({.log_ratio = std::log(month.value / mean), .variance = month.variance});
        }
        fit_positions(samples, months, kMonthsOfQuarter, logs, settings);
        if (months.size() >= kMonthsForYear) fit_positions(samples, months, kMonthsOfYear, logs, settings);
    }
    double sum = 0.0;
    for (double &log : logs) sum += log = std::exp(log);
    for (double &factor : logs) factor *= kMonthsOfYear / sum;
    return logs;
}

}  // namespace

std::vector<WonMonth> won_months(const Wins &wins, double known_from, int end) {
    int first = month_of(known_from);
    if (month_begin(first) < known_from) ++first;
    std::vector<WonMonth> months;
    for (int month = std::max(first, end - kMostMonths); month < end; ++month) {
        WonMonth won{.month = month};
        double squares = 0.0;
        for (const Win &win : wins.between(month_begin(month), month_begin(month + 1))) {
            won.value += win.value;
            squares += win.value * win.value;
        }
        if (won.value > 0.0) won.variance = squares / (won.value * won.value);
        months.push_back(won);
    }
    return months;
}

TopDown::TopDown(const std::vector<WonMonth> &months, int end, const Settings &settings)
    : season_(season_factors(months, settings)) {
    double weights = 0.0;
    double sum = 0.0;
    for (const WonMonth &month : months) {
        const double weight = std::exp2(-static_cast<double>(end - 1 - month.month) / kLevelHalfLife);
        sum += weight * month.value / season_[static_cast<std::size_t>(month_of_year(month.month))];
        weights += weight;
    }
    if (weights > 0.0) level_ = sum / weights;
    const auto newest = static_cast<std::ptrdiff_t>(std::min(months.size(), kScaleMonths));
    scale_ = mean_value({months.end() - newest, months.end()});
}

double TopDown::line(int month) const noexcept {
    return level_ * season_[static_cast<std::size_t>(month_of_year(month))];
}

}  // namespace pipeline_forecast::outlook
