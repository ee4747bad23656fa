#include "core/outlook/track_record.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/outlook/horizon.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {
namespace {

// An error beyond three standard deviations counts as one of three.
constexpr double kMostSquares = 9.0;
constexpr double kLeastFactor = 0.2;
constexpr double kMostFactor = 5.0;

std::size_t different_months(std::span<const Matured> past) {
    std::set<int> months;
    for (const Matured &row : past) months.insert(row.forecast.month);
    return months.size();
}

// The prior, weighed as so many months, with the variance beyond that of independent deals.
double shrunk_shock(std::span<const Matured> past, double clip_shock, double prior, double prior_months,
                    std::size_t months) noexcept {
    double beyond = 0.0;
    double squares = 0.0;
    for (const auto &[forecast, actual] : past) {
        const double square = forecast.after * forecast.after;
        const double error = (actual - forecast.after) * (actual - forecast.after);
        beyond += std::min(error, kMostSquares * (forecast.k2 + clip_shock * square)) - forecast.k2;
        squares += square;
    }
    const double learned = squares > 0.0 ? std::max(0.0, beyond / squares) : 0.0;
    const auto count = squares > 0.0 ? static_cast<double>(months) : 0.0;
    return (prior_months * prior + count * learned) / (prior_months + count);
}

}  // namespace

std::vector<Judged> judge(const Record &record, const Wins &wins, double origin) {
    std::vector<Judged> judged;
    for (std::size_t row = 0; row < record.size(); ++row) {
        const PastForecast &past = record[row];
        const double end = month_begin(past.month + 1);
        if (end > origin) continue;
        const double begin = past.span == Span::kMonth ? std::max(past.origin, month_begin(past.month)) : past.origin;
        const double actual = past.actual ? *past.actual : wins.value_between(begin, end);
        judged.push_back({.forecast = row, .actual = actual, .held = past.p10 <= actual && actual <= past.p90});
    }
    return judged;
}

Shocks learned_shocks(std::span<const Matured> past, double prior, const Settings &settings) {
    Shocks shocks;
    shocks.pooled = shrunk_shock(past, prior, prior, settings.track_months, different_months(past));
    for (std::size_t group = 0; group < kHorizonGroups; ++group) {
        std::vector<Matured> rows;
        std::ranges::copy_if(past, std::back_inserter(rows),
                             [group](const Matured &row) { return horizon_group(row.forecast.horizon) == group; });
        const std::size_t months = different_months(rows);
        shocks.groups[group] = {shrunk_shock(rows, prior, shocks.pooled, settings.track_group_months, months), months};
    }
    return shocks;
}

double model_weight(std::span<const Matured> past, double scale, const Settings &settings) {
    std::vector<Matured> rows;
    std::ranges::copy_if(past, std::back_inserter(rows),
                         [](const Matured &row) { return row.forecast.top_down.has_value(); });
    if (rows.empty() || !(scale > 0.0)) return 1.0;
    const int newest =
        std::ranges::max_element(rows, {}, [](const Matured &row) { return row.forecast.month; })->forecast.month;
    const double share = static_cast<double>(different_months(rows)) / static_cast<double>(rows.size());
    double products = settings.blend_ridge;
    double squares = settings.blend_ridge;
    for (const auto &[forecast, actual] : rows) {
        const double weight = std::pow(settings.blend_decay, newest - forecast.month) * share;
        const double x = (forecast.before - *forecast.top_down) / scale;
        const double y = (actual - *forecast.top_down) / scale;
        products += weight * x * y;
        squares += weight * x * x;
    }
    return std::clamp(products / squares, 0.0, 1.0);
}

double blend_factor(double theta, double line, double forecast) noexcept {
    if (!(forecast > 0.0)) return 1.0;
    return std::clamp(theta + (1.0 - theta) * line / forecast, kLeastFactor, kMostFactor);
}

}  // namespace pipeline_forecast::outlook
