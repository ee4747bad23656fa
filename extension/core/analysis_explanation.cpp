#include "core/analysis_explanation.hpp"

#include <algorithm>
#include <span>

#include "core/analysis_report.hpp"
#include "core/number_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

using analysis::Analysis;
using analysis::ProjectRow;
using analysis::Rating;

std::string three(double number) { return fixed_text(number, 3); }

// A number of the rules.
std::string constant(double number) { return exact_text(number, 2); }

std::string days_text(std::optional<int> days) { return days ? std::to_string(*days) + " days" : "unknown"; }

std::string segment_text(const ProjectRow &project, const Analysis &found) {
    const std::string filter = filter_text(project, found.segment.filter);
    return "tier " + std::to_string(found.segment.tier) + ": " + (filter.empty() ? "all projects" : filter) +
           "; the narrowest with at least " + std::to_string(found.config.segment_minimum) +
           " projects created in the last " + std::to_string(found.config.look_back_days) + " days, else all of these";
}

// (won + k) / (total + 2k), with what stands for the two.
std::string laplace_text(const std::string &won, const std::string &total, double k) {
    return "(" + won + " + " + exact_text(k) + ") / (" + total + " + " + exact_text(2 * k) + ")";
}

std::string record_text(const std::optional<analysis::WinRecord> &record, double k) {
    if (!record) return "the project has none: " + exact_text(analysis::laplace_rate(0.0, 0.0, k));
    return laplace_text(std::to_string(record->won) + " won", std::to_string(record->total), k);
}

std::string closed_rate_text(const Analysis &found) {
    if (!found.prior) return laplace_text("weighted won", "weighted closed", found.config.laplace_k);
    return "wins among closed projects, drawn to the overall " + three(found.prior->win_rate) + " with " +
           exact_text(found.prior->strength) + " pseudo-projects, since " +
           (found.segment.tier >= analysis::kFirstWideTier
                ? "the tier is " + std::to_string(analysis::kFirstWideTier) + " or wider"
                : "the segment has fewer than " + std::to_string(analysis::kFewestRows) + " projects");
}

std::string gestation_text(const Analysis &found) {
    const auto &days = found.gestation.statistics;
    std::string text = found.gestation_is_global ? "of all projects, since the segment gives none; " : "";
    text += (found.config.time_weighting ? "weighted median of " : "median of ") +
            std::to_string(found.gestation.sample_size) + " durations of 1 to " +
            std::to_string(analysis::kGestationTooLong - 1) + " days";
    if (!days) return text + ", and " + std::to_string(analysis::kSmallestSample) + " are needed";
    return text + ", p25 " + std::to_string(days->p25) + ", p75 " + std::to_string(days->p75) + ", mean " +
           std::to_string(days->mean) + ", deviation " + std::to_string(days->standard_deviation);
}

std::string gestation_confidence_text() {
    return exact_text(analysis::kSampleSizeWeight) + " * min(n / " + exact_text(analysis::kFullSample) + ", 1) + " +
           exact_text(analysis::kEvennessWeight) + " * max(0, 1 - deviation / mean)";
}

std::string band_text(analysis::ValueBand band) {
    const auto index = static_cast<std::size_t>(band);
    const auto amount = [](Money money) { return decimal_text(money.cents, kMoneyScale); };
    std::string text = "of new_enquiry_value";
    if (index > 0) text += ", above " + amount(analysis::kValueBands[index - 1].up_to);
    if (index + 1 < analysis::kValueBands.size()) text += ", up to " + amount(analysis::kValueBands[index].up_to);
    return text;
}

std::string conversion_score_text(double rate) {
    const auto &curve = analysis::kConversionCurve;
    const auto point = [](const analysis::CurvePoint &at) { return constant(at.y) + " at " + constant(at.x); };
    const auto right = std::ranges::find_if(curve, [rate](const auto &at) { return rate <= at.x; });
    const std::string of_rate = "of the rate " + fixed_text(rate, 5);
    if (right == curve.end()) return of_rate + "; " + constant(curve.back().y) + " from " + constant(curve.back().x);
    if (right == curve.begin()) return of_rate + "; " + point(*right);
    return of_rate + "; on the line from " + point(*(right - 1)) + " to " + point(*right);
}

std::string gestation_score_text(const analysis::RatingInputs &inputs) {
    const std::string of_days = "of " + days_text(inputs.expected_days) + "; ";
    if (!inputs.expected_days) return of_days + "then it is " + constant(analysis::kUnknownGestationScore);
    const auto &quartiles = inputs.gestation_quartiles;
    if (quartiles && quartiles->third > quartiles->first) {
        return of_days + "from " + constant(analysis::kFastestGestationScore) + " at the segment's first quartile " +
               fixed_text(quartiles->first, 2) + " to " + constant(analysis::kSlowestGestationScore) +
               " at its third, " + fixed_text(quartiles->third, 2);
    }
    const auto &steps = analysis::kGestationSteps;
    const int days = *inputs.expected_days;
    const auto step = std::ranges::find_if(steps, [days](const auto &at) { return days <= at.x; });
    const std::string no_quartiles = "the segment's quartiles do not differ; ";
    if (step == steps.end()) {
        return of_days + no_quartiles + constant(analysis::kSlowestGestationScore) + " above " +
               exact_text(steps.back().x);
    }
    return of_days + no_quartiles + constant(step->y) + " up to " + exact_text(step->x);
}

std::string value_score_text(analysis::ValueBand band, std::optional<double> share) {
    const analysis::ValueTerms &terms = analysis::value_terms(band);
    const std::string of_band = "of the band " + std::string(analysis::to_string(band)) + ": " + constant(terms.base);
    if (!share) return of_band + "; no positive value in the segment";
    return of_band + " + (" + constant(terms.cap) + " - " + constant(terms.base) + ") * share ^ " +
           exact_text(analysis::kValueExponent) + "; share of the segment's positive values not above it " +
           three(*share);
}

std::string weighted_sum_text(const Rating &rating) {
    const auto &weights = analysis::kRatingWeights;
    return constant(weights.conversion) + " * " + three(rating.conversion_score) + " + " + constant(weights.value) +
           " * " + three(rating.value_score) + " + " + constant(weights.gestation) + " * " +
           three(rating.gestation_score) + " + " + constant(weights.account) + " * " + three(rating.account_score) +
           " + " + constant(weights.product_type) + " * " + three(rating.product_type_score);
}

std::string condition_text(const analysis::BonusRule &rule) {
    std::string text;
    const auto add = [&text](const std::string &condition) { text += (text.empty() ? "" : ", ") + condition; };
    const auto at_least = [&add](const char *figure, double least) {
        if (least > 0.0) add(std::string(figure) + " >= " + constant(least));
    };
    at_least("conversion rate", rule.conversion_rate);
    at_least("value_score", rule.value_score);
    at_least("gestation_score", rule.gestation_score);
    if (rule.needs_big) add("band above " + std::string(analysis::to_string(analysis::kLastSmallBand)));
    return text;
}

// The bonus, and for each rule that gave a part of it the amount and what the project had to reach.
std::string earned_text(double bonus, std::span<const analysis::BonusRule> rules, std::size_t most,
                        const Rating &rating) {
    std::string reasons;
    for (const analysis::BonusRule &rule : rules) {
        if (most == 0 || !applies(rule, rating)) continue;
        reasons += (reasons.empty() ? "" : "; ") + constant(rule.bonus) + " for " + condition_text(rule);
        --most;
    }
    return three(bonus) + (reasons.empty() ? "" : " (" + reasons + ")");
}

std::string weakness_text(const Rating &rating) {
    const auto &rule = analysis::kWeaknessRule;
    if (!applies(rule, rating)) return three(rating.weakness_bonus);
    return three(rating.weakness_bonus) + " (conversion_score <= " + constant(rule.conversion_score) +
           ", value_score <= " + constant(rule.value_score) + ", gestation_score <= " + constant(rule.gestation_score) +
           ")";
}

std::string bonus_text(const Rating &rating) {
    return "alignment " + earned_text(rating.alignment_bonus, analysis::kAlignmentRules, 1, rating) + ", weakness " +
           weakness_text(rating) + ", momentum " +
           earned_text(rating.momentum_bonus, analysis::kMomentumRules, analysis::kMomentumRules.size(), rating) +
           ", the sum within " + constant(analysis::kLowestBonus) + " and " + constant(analysis::kHighestBonus);
}

std::string final_value_text(const Rating &rating) {
    return std::string("weighted_sum + bonus within 0 and 1") +
           (rating.ceiling ? ", at most " + fixed_text(*rating.ceiling / 100.0, 2) + " in this band" : "") +
           ", above " + constant(analysis::kStretchFrom) + " stretched by " + exact_text(analysis::kStretchFactor);
}

std::string score_text() {
    return exact_text(analysis::kScoreRange) + " * final_value + " + exact_text(analysis::kScoreOffset) +
           ", rounded half to even, within " + std::to_string(analysis::kLowestRating) + " and " +
           std::to_string(analysis::kHighestRating);
}

}  // namespace

std::string weighting_text(const Analysis &found) {
    return weighting_label(weighting_of(found.config, analysis::Moment{}));
}

std::vector<AnalysisStep> explain(const ProjectRow &project, const Analysis &found) {
    const Rating &rating = found.rating;
    const auto &tally = found.outcomes;
    const double k = found.config.laplace_k;
    return {
        {"segment", segment_text(project, found), std::to_string(found.segment.segment_size) + " projects"},
        {"time_weights",
         weighting_text(found) + ", mean 1, from " + fixed_text(tally.lightest_weight, 4) + " to " +
             fixed_text(tally.heaviest_weight, 4),
         "sum " + fixed_text(tally.weighted_won + tally.weighted_lost + tally.weighted_open, 2)},
        {"outcomes",
         std::to_string(tally.won) + " won, " + std::to_string(tally.lost) + " lost, " + std::to_string(tally.open) +
             " open",
         "weighted " + fixed_text(tally.weighted_won, 2) + " / " + fixed_text(tally.weighted_lost, 2) + " / " +
             fixed_text(tally.weighted_open, 2)},
        {"conversion_rate", laplace_text("weighted won", "weighted total", k),
         fixed_text(found.inclusive.rate.value_or(analysis::kEvenOdds), kRateScale)},
        {"conversion_confidence", "projects / " + exact_text(analysis::kFullConfidenceProjects) + ", at most 1",
         fixed_text(found.inclusive.confidence, 2)},
        {"closed_conversion_rate", closed_rate_text(found),
         found.closed_only.rate ? fixed_text(*found.closed_only.rate, kRateScale) : "unknown"},
        {"gestation_days", gestation_text(found), days_text(found.gestation.expected_days())},
        {"gestation_confidence", gestation_confidence_text(), fixed_text(found.gestation.confidence, 2)},
        {"value_band", band_text(found.band), std::string(analysis::to_string(found.band))},
        {"conversion_score", conversion_score_text(rating.conversion_rate), three(rating.conversion_score)},
        {"gestation_score", gestation_score_text(found.rating_inputs), three(rating.gestation_score)},
        {"value_score", value_score_text(found.band, found.rating_inputs.value_share), three(rating.value_score)},
        {"account_score", record_text(found.rating_inputs.account, k), three(rating.account_score)},
        {"product_type_score", record_text(found.rating_inputs.product_type, k), three(rating.product_type_score)},
        {"weighted_sum", weighted_sum_text(rating), three(rating.weighted_sum)},
        {"bonus", bonus_text(rating), three(rating.total_bonus)},
        {"final_value", final_value_text(rating), three(rating.final_value)},
        {"rating", score_text(), std::to_string(rating.score)},
    };
}

}  // namespace pipeline_forecast
