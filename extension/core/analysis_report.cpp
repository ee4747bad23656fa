#include "core/analysis_report.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

using analysis::Analysis;
using analysis::Field;
using analysis::FieldSet;
using analysis::kFields;
using analysis::ProjectRow;
using analysis::Rating;
using nlohmann::json;

constexpr std::int64_t kNoFigure = INT64_MIN;

std::string fixed(double number, int decimals) {
    std::array<char, 64> buffer{};
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed, decimals);
    return error == std::errc{} ? std::string(buffer.data(), end) : std::string{};
}

std::string three(double number) { return fixed(number, 3); }

template <typename Value>
json optional_json(const std::optional<Value> &value) {
    return value ? json(*value) : json(nullptr);
}

std::string days_text(std::optional<int> days) { return days ? std::to_string(*days) + " days" : "unknown"; }

std::string record_text(const std::optional<analysis::WinRecord> &record) {
    if (!record) return "the project has none: 0.5";
    return "(" + std::to_string(record->won) + " won + 1) / (" + std::to_string(record->total) + " + 2)";
}

std::string value_share_text(std::optional<double> share) {
    return share ? "share of the segment's positive values not above it " + three(*share)
                 : "no positive value in the segment";
}

std::string quartiles_text(const std::optional<analysis::Quartiles> &quartiles) {
    return quartiles ? "quartiles of the segment " + fixed(quartiles->first, 2) + " and " + fixed(quartiles->third, 2)
                     : "no durations in the segment";
}

std::string weighted_sum_text(const Rating &rating) {
    const auto &weights = analysis::kRatingWeights;
    return fixed(weights.conversion, 2) + " * " + three(rating.conversion_score) + " + " + fixed(weights.value, 2) +
           " * " + three(rating.value_score) + " + " + fixed(weights.gestation, 2) + " * " +
           three(rating.gestation_score) + " + " + fixed(weights.account, 2) + " * " + three(rating.account_score) +
           " + " + fixed(weights.product_type, 2) + " * " + three(rating.product_type_score);
}

}  // namespace

Rate stored_rate(double rate) { return Rate{std::llround(rate * static_cast<double>(kRateOne.e5))}; }

std::string filter_names(FieldSet fields) {
    std::string names;
    for (const Field field : kFields) {
        if (!fields.contains(field)) continue;
        names.append(names.empty() ? "" : ",").append(analysis::to_string(field));
    }
    return names;
}

std::string filter_text(const ProjectRow &project, FieldSet fields) {
    std::string text;
    for (const Field field : kFields) {
        if (!fields.contains(field)) continue;
        text += text.empty() ? "" : ", ";
        text.append(analysis::to_string(field)).append(" = ").append(project.text(field));
    }
    return text;
}

std::string input_hash(Fingerprint own, const Analysis &found) {
    const auto rate = [](const std::optional<double> &value) { return value ? stored_rate(*value).e5 : kNoFigure; };
    const auto percent = [](double value) { return static_cast<std::int64_t>(std::llround(value * 100)); };
    const auto &days = found.gestation.statistics;
    own.add(kAnalysisVersion)
        .add(std::int64_t{found.segment.tier})
        .add(filter_names(found.segment.filter))
        .add(static_cast<std::int64_t>(found.segment.segment_size))
        .add(days ? days->median : kNoFigure)
        .add(days ? days->p25 : kNoFigure)
        .add(days ? days->p75 : kNoFigure)
        .add(percent(found.gestation.confidence))
        .add(rate(found.inclusive.rate))
        .add(percent(found.inclusive.confidence))
        .add(rate(found.closed_only.rate))
        .add(static_cast<std::int64_t>(found.outcomes.won))
        .add(static_cast<std::int64_t>(found.outcomes.lost))
        .add(static_cast<std::int64_t>(found.outcomes.open))
        .add(found.mean_value_cents ? std::llround(*found.mean_value_cents) : kNoFigure)
        .add(std::int64_t{found.rating.score});
    return own.hex();
}

std::vector<AnalysisStep> explain(const ProjectRow &project, const Analysis &found, const std::string &weighting) {
    const Rating &rating = found.rating;
    const auto &tally = found.outcomes;
    const auto &days = found.gestation.statistics;
    const std::string filter = filter_text(project, found.segment.filter);
    std::vector<AnalysisStep> steps{
        {"segment", "tier " + std::to_string(found.segment.tier) + ": " + (filter.empty() ? "all projects" : filter),
         std::to_string(found.segment.segment_size) + " projects"},
        {"time_weights",
         weighting + ", mean 1, from " + fixed(tally.lightest_weight, 4) + " to " + fixed(tally.heaviest_weight, 4),
         "sum " + fixed(tally.weighted_won + tally.weighted_lost + tally.weighted_open, 2)},
        {"outcomes",
         std::to_string(tally.won) + " won, " + std::to_string(tally.lost) + " lost, " + std::to_string(tally.open) +
             " open",
         "weighted " + fixed(tally.weighted_won, 2) + " / " + fixed(tally.weighted_lost, 2) + " / " +
             fixed(tally.weighted_open, 2)},
        {"conversion_rate", "(weighted won + 1) / (weighted total + 2)", fixed(found.inclusive.rate.value_or(0.5), 5)},
        {"conversion_confidence", "projects / 100, at most 1", fixed(found.inclusive.confidence, 2)},
        {"closed_conversion_rate",
         found.prior ? "wins among closed projects, drawn to the overall " + three(found.prior->win_rate) + " with " +
                           fixed(found.prior->strength, 0) + " pseudo-projects"
                     : "(weighted won + 1) / (weighted closed + 2)",
         found.closed_only.rate ? fixed(*found.closed_only.rate, 5) : "unknown"},
        {"gestation_days",
         std::string(found.gestation_is_global ? "of all projects, since the segment gives none; " : "") +
             "weighted median of " + std::to_string(found.gestation.sample_size) + " durations" +
             (days ? ", p25 " + std::to_string(days->p25) + ", p75 " + std::to_string(days->p75) + ", mean " +
                         std::to_string(days->mean) + ", deviation " + std::to_string(days->standard_deviation)
                   : ""),
         days_text(found.gestation.expected_days())},
        {"gestation_confidence", "0.7 * min(n / 30, 1) + 0.3 * max(0, 1 - deviation / mean)",
         fixed(found.gestation.confidence, 2)},
        {"value_band", "of new_enquiry_value", std::string(analysis::to_string(found.band))},
        {"conversion_score", "of the rate " + fixed(rating.conversion_rate, 5), three(rating.conversion_score)},
        {"gestation_score",
         "of " + days_text(found.rating_inputs.expected_days) + "; " +
             quartiles_text(found.rating_inputs.gestation_quartiles),
         three(rating.gestation_score)},
        {"value_score",
         "of the band " + std::string(analysis::to_string(found.band)) + "; " +
             value_share_text(found.rating_inputs.value_share),
         three(rating.value_score)},
        {"account_score", record_text(found.rating_inputs.account), three(rating.account_score)},
        {"product_type_score", record_text(found.rating_inputs.product_type), three(rating.product_type_score)},
        {"weighted_sum", weighted_sum_text(rating), three(rating.weighted_sum)},
        {"bonus",
         "alignment " + three(rating.alignment_bonus) + ", weakness " + three(rating.weakness_bonus) + ", momentum " +
             three(rating.momentum_bonus) + ", the sum within -0.15 and 0.30",
         three(rating.total_bonus)},
        {"final_value",
         std::string("weighted_sum + bonus within 0 and 1") +
             (rating.ceiling ? ", at most " + fixed(*rating.ceiling / 100.0, 2) + " in this band" : "") +
             ", above 0.70 stretched by 1.3",
         three(rating.final_value)},
        {"rating", "98 * final_value + 2, rounded half to even", std::to_string(rating.score)},
    };
    return steps;
}

json segment_statistics(const ProjectRow &project, const Analysis &found, const std::string &weighting) {
    const auto &tally = found.outcomes;
    const auto &days = found.gestation.statistics;
    json filter = json::object();
    for (const Field field : kFields) {
        if (found.segment.filter.contains(field)) {
            filter[std::string(analysis::to_string(field))] = project.text(field);
        }
    }
    const auto two = [](double number) { return std::round(number * 100) / 100; };
    return {
        {"tier", found.segment.tier},
        {"filter", filter},
        {"segment_n", found.segment.segment_size},
        {"weighting", weighting},
        {"wins", tally.won},
        {"losses", tally.lost},
        {"open", tally.open},
        {"total", tally.total()},
        {"weighted_wins", two(tally.weighted_won)},
        {"weighted_losses", two(tally.weighted_lost)},
        {"weighted_open", two(tally.weighted_open)},
        {"inclusive",
         {{"method", analysis::kInclusiveMethod},
          {"raw_rate", optional_json(found.inclusive.raw_rate)},
          {"rate", optional_json(found.inclusive.rate)},
          {"confidence", found.inclusive.confidence}}},
        {"closed_only",
         {{"method", analysis::kClosedOnlyMethod},
          {"raw_rate", optional_json(found.closed_only.raw_rate)},
          {"rate", optional_json(found.closed_only.rate)},
          {"confidence", found.closed_only.confidence}}},
        {"gestation",
         {{"n", found.gestation.sample_size},
          {"is_global", found.gestation_is_global},
          {"median", days ? json(days->median) : json(nullptr)},
          {"p25", days ? json(days->p25) : json(nullptr)},
          {"p75", days ? json(days->p75) : json(nullptr)},
          {"iqr", days ? json(days->iqr) : json(nullptr)},
          {"mean", days ? json(days->mean) : json(nullptr)},
          {"standard_deviation", days ? json(days->standard_deviation) : json(nullptr)},
          {"confidence", found.gestation.confidence}}},
        {"mean_value", found.mean_value_cents ? json(std::round(*found.mean_value_cents) / 100) : json(nullptr)},
        {"value_band", analysis::to_string(found.band)},
        {"rating", found.rating.score},
    };
}

}  // namespace pipeline_forecast
