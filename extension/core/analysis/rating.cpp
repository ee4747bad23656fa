#include "core/analysis/rating.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "core/analysis/conversion.hpp"
#include "core/analysis/rounding.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

struct Point {
    double x;
    double y;
};

constexpr std::array<Point, 8> kConversionCurve{
    {{0.00, 0.10}, {0.10, 0.30}, {0.20, 0.50}, {0.23, 0.65}, {0.30, 0.80}, {0.35, 0.88}, {0.45, 0.95}, {0.55, 1.00}}};

// Linear between the points, flat outside.
double interpolate(std::span<const Point> curve, double x) noexcept {
    if (x <= curve.front().x) return curve.front().y;
    for (std::size_t i = 1; i < curve.size(); ++i) {
        const Point &left = curve[i - 1];
        const Point &right = curve[i];
        if (x == right.x) return right.y;
        if (x < right.x) return left.y + (right.y - left.y) * (x - left.x) / (right.x - left.x);
    }
    return curve.back().y;
}

double gestation_score(std::optional<int> expected_days, const std::optional<Quartiles> &quartiles) noexcept {
    constexpr double kUnknown = 0.60;
    constexpr double kSlowest = 0.15;
    if (!expected_days) return kUnknown;
    const double days = *expected_days;

    if (quartiles && quartiles->third > quartiles->first) {
        if (days <= quartiles->first) return 1.0;
        if (days >= quartiles->third) return kSlowest;
        return 1.0 - (1.0 - kSlowest) * (days - quartiles->first) / (quartiles->third - quartiles->first);
    }
    constexpr std::array<Point, 6> kSteps{{{30, 1.00}, {60, 0.90}, {90, 0.75}, {120, 0.60}, {180, 0.45}, {300, 0.25}}};
    for (const Point &step : kSteps) {
        if (days <= step.x) return step.y;
    }
    return kSlowest;
}

struct ValueTerms {
    double base;
    double cap;
    std::optional<int> ceiling;
};

ValueTerms value_terms(std::optional<ValueBand> band) noexcept {
    if (!band) return {0.50, 0.90, std::nullopt};
    switch (*band) {
        case ValueBand::kZero: return {0.05, 0.30, 55};
        case ValueBand::kSmall: return {0.35, 0.70, 65};
        case ValueBand::kMedium: return {0.55, 0.85, 85};
        case ValueBand::kLarge: return {0.75, 0.95, 95};
        case ValueBand::kXLarge: break;
    }
    return {0.92, 1.00, 100};
}

// Within the band the score rises with the rank of the value among the segment's, fast at first.
double value_score(const ValueTerms &terms, std::optional<double> share) noexcept {
    if (!share) return terms.base;
    const double score = terms.base + (terms.cap - terms.base) * std::pow(*share, 0.8);
    return std::clamp(score, terms.base, terms.cap);
}

double record_score(const std::optional<WinRecord> &record, double laplace_k) noexcept {
    const WinRecord known = record.value_or(WinRecord{});
    return laplace_rate(static_cast<double>(known.won), static_cast<double>(known.total), laplace_k);
}

// An unknown band counts as big.
bool is_big(std::optional<ValueBand> band) noexcept { return band != ValueBand::kZero && band != ValueBand::kSmall; }

// The first that applies.
double alignment_bonus(const Rating &rating, bool big) noexcept {
    const double cr = rating.conversion_rate;
    const double value = rating.value_score;
    const double gestation = rating.gestation_score;
    if (value >= 0.80 && big && cr >= 0.35 && gestation >= 0.75) return 0.10;
    if (value >= 0.70 && big && cr >= 0.30 && gestation >= 0.65) return 0.06;
    if (value >= 0.60 && cr >= 0.25) return 0.04;
    return 0.0;
}

double weakness_bonus(const Rating &rating) noexcept {
    const bool all_weak =
        rating.conversion_score <= 0.25 && rating.value_score <= 0.30 && rating.gestation_score <= 0.40;
    return all_weak ? -0.08 : 0.0;
}

// All that apply.
double momentum_bonus(const Rating &rating, bool big) noexcept {
    const double cr = rating.conversion_rate;
    double bonus = 0.0;
    if (rating.value_score >= 0.85 && big && rating.gestation_score >= 0.75) bonus += 0.08;
    if (cr >= 0.35 && rating.gestation_score >= 0.85) bonus += 0.06;
    if (cr >= 0.40 && big) bonus += 0.06;
    if (cr >= 0.50 && big) bonus += 0.05;
    return bonus;
}

// The upper end is spread out after the ceiling, so a medium project reaches 90 and a large one 100.
double stretch(double value) noexcept {
    constexpr double kFrom = 0.70;
    return value > kFrom ? std::min(1.0, kFrom + 1.3 * (value - kFrom)) : value;
}

}  // namespace

Rating rate_project(const RatingInputs &inputs) {
    const ValueTerms terms = value_terms(inputs.band);
    const bool big = is_big(inputs.band);

    Rating rating;
    rating.conversion_rate = inputs.conversion_rate.value_or(0.0);
    if (rating.conversion_rate == 0.0) rating.conversion_rate = 0.5;
    rating.conversion_score = interpolate(kConversionCurve, rating.conversion_rate);
    rating.value_score = value_score(terms, inputs.value_share);
    rating.gestation_score = gestation_score(inputs.expected_days, inputs.gestation_quartiles);
    rating.account_score = record_score(inputs.account, inputs.laplace_k);
    rating.product_type_score = record_score(inputs.product_type, inputs.laplace_k);
    rating.weighted_sum =
        kRatingWeights.conversion * rating.conversion_score + kRatingWeights.value * rating.value_score +
        kRatingWeights.gestation * rating.gestation_score + kRatingWeights.account * rating.account_score +
        kRatingWeights.product_type * rating.product_type_score;

    rating.alignment_bonus = alignment_bonus(rating, big);
    rating.weakness_bonus = weakness_bonus(rating);
    rating.momentum_bonus = momentum_bonus(rating, big);
    rating.total_bonus =
        std::clamp(rating.alignment_bonus + rating.weakness_bonus + rating.momentum_bonus, -0.15, 0.30);

    rating.ceiling = terms.ceiling;
    const double uncapped = std::clamp(rating.weighted_sum + rating.total_bonus, 0.0, 1.0);
    rating.final_value = stretch(std::min(uncapped, terms.ceiling.value_or(100) / 100.0));
    rating.score = std::clamp(round_half_even(98.0 * rating.final_value + 2.0), 1, 100);
    return rating;
}

}  // namespace pipeline_forecast::analysis
