#include "core/rating_adjustment.hpp"

#include <algorithm>

#include "core/analysis/rating_rules.hpp"
#include "core/number_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

// What is unknown meets no condition.
std::string missed_conditions(const AdjustmentCase &given) {
    std::string missed;
    const auto miss = [&](std::string_view condition) { missed.append(missed.empty() ? "" : "; ").append(condition); };
    if (given.segment_size.value_or(0) < kAdjustmentMinimumProjects) {
        miss("segment has fewer than " + std::to_string(kAdjustmentMinimumProjects) + " projects");
    }
    if (given.conversion_confidence.value_or(Rate{}).e5 < kAdjustmentMinimumConfidence.e5) {
        miss("conversion confidence is below " + exact_text(kAdjustmentMinimumConfidence));
    }
    if (given.tier.value_or(kAdjustmentWidestTier + 1) > kAdjustmentWidestTier) {
        miss("segment is wider than tier " + std::to_string(kAdjustmentWidestTier));
    }
    if (given.special_factors.find_first_not_of(' ') == std::string_view::npos) miss("no special factors were named");
    return missed;
}

}  // namespace

AdjustedRating adjust_rating(const AdjustmentCase &given) {
    const int proposed = std::clamp(given.proposed, -kLargestAdjustment, kLargestAdjustment);
    AdjustedRating adjusted;
    if (proposed != 0) adjusted.refusal = missed_conditions(given);
    if (adjusted.refusal.empty()) adjusted.adjustment = proposed;
    adjusted.rating =
        std::clamp(given.baseline_rating + adjusted.adjustment, analysis::kLowestRating, analysis::kHighestRating);
    return adjusted;
}

}  // namespace pipeline_forecast
