// Every number that the rating is made of. The rating reads them here, and its explanation prints them from here.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "core/analysis/value_band.hpp"

namespace pipeline_forecast::analysis {

struct RatingWeights {
    double conversion = 0.30;
    double value = 0.43;
    double gestation = 0.18;
    double account = 0.06;
    double product_type = 0.03;
};

inline constexpr RatingWeights kRatingWeights;

struct CurvePoint {
    double x;
    double y;
};

// Score of a conversion rate: linear between the points, flat outside.
inline constexpr std::array<CurvePoint, 8> kConversionCurve{
    {{0.00, 0.10}, {0.10, 0.30}, {0.20, 0.50}, {0.23, 0.65}, {0.30, 0.80}, {0.35, 0.88}, {0.45, 0.95}, {0.55, 1.00}}};

// Score of a duration. Between the quartiles of the segment it falls from the fastest to the slowest; without
// quartiles, it is that of the first step that the days do not exceed, and the slowest behind the last.
inline constexpr double kUnknownGestationScore = 0.60;
inline constexpr double kFastestGestationScore = 1.00;
inline constexpr double kSlowestGestationScore = 0.15;
inline constexpr std::array<CurvePoint, 6> kGestationSteps{
    {{30, 1.00}, {60, 0.90}, {90, 0.75}, {120, 0.60}, {180, 0.45}, {300, 0.25}}};

// Score of a value: base + (cap - base) * share^kValueExponent; ceiling is the most, of 100, that a project of the
// band can be worth before the stretch.
struct ValueTerms {
    double base;
    double cap;
    std::optional<int> ceiling;
};

inline constexpr double kValueExponent = 0.8;
inline constexpr ValueTerms kUnknownBandTerms{0.50, 0.90, std::nullopt};
// By ValueBand.
inline constexpr std::array<ValueTerms, kValueBands.size()> kValueTerms{
    {{0.05, 0.30, 55}, {0.35, 0.70, 65}, {0.55, 0.85, 85}, {0.75, 0.95, 95}, {0.92, 1.00, 100}}};

// The last band that is not big; an unknown band counts as big.
inline constexpr ValueBand kLastSmallBand = ValueBand::kSmall;

// What a project must reach for a bonus; 0 asks for nothing.
struct BonusRule {
    double bonus;
    double conversion_rate;
    double value_score;
    double gestation_score;
    bool needs_big;
};

// The first that applies.
inline constexpr std::array<BonusRule, 3> kAlignmentRules{
    {{0.10, 0.35, 0.80, 0.75, true}, {0.06, 0.30, 0.70, 0.65, true}, {0.04, 0.25, 0.60, 0.00, false}}};
// All that apply.
inline constexpr std::array<BonusRule, 4> kMomentumRules{{{0.08, 0.00, 0.85, 0.75, true},
                                                          {0.06, 0.35, 0.00, 0.85, false},
                                                          {0.06, 0.40, 0.00, 0.00, true},
                                                          {0.05, 0.50, 0.00, 0.00, true}}};

// Applies where all three scores are this low.
struct WeaknessRule {
    double bonus = -0.08;
    double conversion_score = 0.25;
    double value_score = 0.30;
    double gestation_score = 0.40;
};

inline constexpr WeaknessRule kWeaknessRule;

inline constexpr double kLowestBonus = -0.15;
inline constexpr double kHighestBonus = 0.30;

// The upper end is spread out after the ceiling, so a medium project reaches 90 and a large one 100.
inline constexpr double kStretchFrom = 0.70;
inline constexpr double kStretchFactor = 1.3;

// score = kScoreRange * final value + kScoreOffset, within the bounds.
inline constexpr double kScoreRange = 98.0;
inline constexpr double kScoreOffset = 2.0;
inline constexpr int kLowestRating = 1;
inline constexpr int kHighestRating = 100;

[[nodiscard]] constexpr const ValueTerms &value_terms(std::optional<ValueBand> band) noexcept {
    return band ? kValueTerms[static_cast<std::size_t>(*band)] : kUnknownBandTerms;
}

[[nodiscard]] constexpr bool is_big(std::optional<ValueBand> band) noexcept { return !band || *band > kLastSmallBand; }

}  // namespace pipeline_forecast::analysis
