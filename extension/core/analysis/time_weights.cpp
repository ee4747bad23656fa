#include "core/analysis/time_weights.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

double half_life_of(const TimeWeighting &weighting) noexcept {
    // In this order NaN becomes 1 too.
    return weighting.half_life_days >= 1.0 ? weighting.half_life_days : 1.0;
}

double days_between(Day earlier, Day later) noexcept { return static_cast<double>((later - earlier).count()); }

// Ages relative to the newest row; a future row is as new as `as_of` itself.
class AgeReference {
public:
    AgeReference(Day newest, const Moment &as_of) noexcept
        : day_(std::min(newest, as_of.day)), fraction_(newest > as_of.day ? as_of.day_fraction : 0.0) {}

    [[nodiscard]] double age(Day created) const noexcept {
        return std::max(days_between(created, day_) + fraction_, 0.0);
    }

private:
    Day day_;
    double fraction_;
};

// count_of(i): how many rows share the date created[i].
template <typename CountOf>
std::vector<double> weights_of(std::span<const std::optional<Day>> created, const TimeWeighting &weighting,
                               CountOf count_of) {
    std::vector<double> weights(created.size(), 1.0);
    const auto newest = std::max_element(created.begin(), created.end());  // no date sorts first
    if (!weighting.enabled || newest == created.end() || !newest->has_value()) return weights;

    const AgeReference reference(**newest, weighting.as_of);
    const double half_life = half_life_of(weighting);
    double lightest = 1.0;
    for (std::size_t i = 0; i < created.size(); ++i) {
        if (!created[i]) continue;
        weights[i] = std::exp2(-reference.age(*created[i]) / half_life);
        lightest = std::min(lightest, weights[i]);
    }
    double sum = 0.0;
    std::size_t rows = 0;
    for (std::size_t i = 0; i < created.size(); ++i) {
        if (!created[i]) weights[i] = lightest;
        // One by one, so that it makes no difference how the rows are grouped.
        for (std::size_t row = 0; row < count_of(i); ++row) sum += weights[i];
        rows += count_of(i);
    }
    // The newest dated row weighs one before scaling, so the sum is positive.
    const double scale = static_cast<double>(rows) / sum;
    for (double &weight : weights) weight *= scale;
    return weights;
}

}  // namespace

std::vector<double> time_weights(std::span<const std::optional<Day>> created, const TimeWeighting &weighting) {
    return weights_of(created, weighting, [](std::size_t) { return std::size_t{1}; });
}

std::vector<double> time_weights(std::span<const std::optional<Day>> created, std::span<const std::size_t> counts,
                                 const TimeWeighting &weighting) {
    return weights_of(created, weighting, [counts](std::size_t i) { return counts[i]; });
}

std::string weighting_label(const TimeWeighting &weighting) {
    if (!weighting.enabled) return "unweighted";
    std::array<char, 32> digits;
    const auto printed = std::to_chars(digits.data(), digits.data() + digits.size(), half_life_of(weighting));
    return "time_weighted_half_life_" + std::string(digits.data(), printed.ptr) + 'd';
}

}  // namespace pipeline_forecast::analysis
