#include "core/analysis_report.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/analysis_explanation.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

using analysis::Analysis;
using analysis::Field;
using analysis::FieldSet;
using analysis::kFields;
using analysis::ProjectRow;
using nlohmann::json;

constexpr std::int64_t kNoFigure = INT64_MIN;

template <typename Value>
json optional_json(const std::optional<Value> &value) {
    return value ? json(*value) : json(nullptr);
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
    own.add(kAnalysisVersion).add(std::int64_t{found.segment.tier}).add(filter_names(found.segment.filter));
    const std::string of_the_project = own.hex();
    own.add(static_cast<std::int64_t>(found.segment.segment_size))
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
    return of_the_project.substr(0, kOwnDigits) + own.hex().substr(kOwnDigits);
}

json segment_statistics(const ProjectRow &project, const Analysis &found) {
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
        {"weighting", weighting_text(found)},
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
