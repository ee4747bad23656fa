#include "core/analysis/rating.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/analysis/rounding.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

// Linear between the points, flat outside.
double interpolate(std::span<const CurvePoint> curve, double x) noexcept {
    if (x <= curve.front().x) return curve.front().y;
    for (std::size_t i = 1; i < curve.size(); ++i) {
        const CurvePoint &left = curve[i - 1];
        const CurvePoint &right = curve[i];
        if (x == right.x) return right.y;
        if (x < right.x) return left.y + (right.y - left.y) * (x - left.x) / (right.x - left.x);
    }
    return curve.back().y;
}

double gestation_score(std::optional<int> expected_days, const std::optional<Quartiles> &quartiles) noexcept {
    if (!expected_days) return kUnknownGestationScore;
    const double days = *expected_days;

    if (quartiles && quartiles->third > quartiles->first) {
        if (days <= quartiles->first) return kFastestGestationScore;
        if (days >= quartiles->third) return kSlowestGestationScore;
        return kFastestGestationScore - (kFastestGestationScore - kSlowestGestationScore) * (days - quartiles->first) /
                                            (quartiles->third - quartiles->first);
    }
    for (const CurvePoint &step : kGestationSteps) {
        if (days <= step.x) return step.y;
    }
    return kSlowestGestationScore;
}

// Within the band the score rises with the rank of the value among the segment's, fast at first.
double value_score(const ValueTerms &terms, std::optional<double> share) noexcept {
    if (!share) return terms.base;
    const double score = terms.base + (terms.cap - terms.base) * std::pow(*share, kValueExponent);
    return std::clamp(score, terms.base, terms.cap);
}

double record_score(const std::optional<WinRecord> &record, double laplace_k) noexcept {
    const WinRecord known = record.value_or(WinRecord{});
    return laplace_rate(static_cast<double>(known.won), static_cast<double>(known.total), laplace_k);
}

double alignment_bonus(const Rating &rating) noexcept {
    const auto found =
        std::ranges::find_if(kAlignmentRules, [&](const BonusRule &rule) { return applies(rule, rating); });
    return found == kAlignmentRules.end() ? 0.0 : found->bonus;
}

double momentum_bonus(const Rating &rating) noexcept {
    double bonus = 0.0;
    for (const BonusRule &rule : kMomentumRules) bonus += applies(rule, rating) ? rule.bonus : 0.0;
    return bonus;
}

double stretch(double value) noexcept {
    return value > kStretchFrom ? std::min(1.0, kStretchFrom + kStretchFactor * (value - kStretchFrom)) : value;
}

}  // namespace

bool applies(const BonusRule &rule, const Rating &rating) noexcept {
    return rating.value_score >= rule.value_score && (rating.is_big || !rule.needs_big) &&
           rating.conversion_rate >= rule.conversion_rate && rating.gestation_score >= rule.gestation_score;
}

bool applies(const WeaknessRule &rule, const Rating &rating) noexcept {
    return rating.conversion_score <= rule.conversion_score && rating.value_score <= rule.value_score &&
           rating.gestation_score <= rule.gestation_score;
}

Rating rate_project(const RatingInputs &inputs) {
    const ValueTerms &terms = value_terms(inputs.band);

    Rating rating;
    rating.is_big = is_big(inputs.band);
    rating.conversion_rate = inputs.conversion_rate.value_or(0.0);
    if (rating.conversion_rate == 0.0) rating.conversion_rate = kEvenOdds;
    rating.conversion_score = interpolate(kConversionCurve, rating.conversion_rate);
    rating.value_score = value_score(terms, inputs.value_share);
    rating.gestation_score = gestation_score(inputs.expected_days, inputs.gestation_quartiles);
    rating.account_score = record_score(inputs.account, inputs.laplace_k);
    rating.product_type_score = record_score(inputs.product_type, inputs.laplace_k);
    rating.weighted_sum =
        kRatingWeights.conversion * rating.conversion_score + kRatingWeights.value * rating.value_score +
        kRatingWeights.gestation * rating.gestation_score + kRatingWeights.account * rating.account_score +
        kRatingWeights.product_type * rating.product_type_score;

    rating.alignment_bonus = alignment_bonus(rating);
    rating.weakness_bonus = applies(kWeaknessRule, rating) ? kWeaknessRule.bonus : 0.0;
    rating.momentum_bonus = momentum_bonus(rating);
    rating.total_bonus =
        std::clamp(rating.alignment_bonus + rating.weakness_bonus + rating.momentum_bonus, kLowestBonus, kHighestBonus);

    rating.ceiling = terms.ceiling;
    const double uncapped = std::clamp(rating.weighted_sum + rating.total_bonus, 0.0, 1.0);
    rating.final_value = stretch(std::min(uncapped, terms.ceiling.value_or(100) / 100.0));
    rating.score =
        std::clamp(round_half_even(kScoreRange * rating.final_value + kScoreOffset), kLowestRating, kHighestRating);
    return rating;
}

}  // namespace pipeline_forecast::analysis
