// Prints every rule that explanations and refusals can show, without the numbers that come out: what tests/mutation/
// constants compares between the core and its mutants. Cases are chosen so that each rule applies in one of them.
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "core/analysis_explanation.hpp"
#include "core/analysis_report.hpp"
#include "core/decode.hpp"
#include "core/explanation.hpp"
#include "core/import_field.hpp"
#include "core/limits.hpp"
#include "core/llm_answer.hpp"
#include "core/rating_adjustment.hpp"

namespace {

using namespace pipeline_forecast;
using analysis::Analysis;
using analysis::ProjectRow;
using analysis::ValueBand;

void print(const std::string &what, const std::string &rule) { std::cout << what << ": " << rule << '\n'; }

void print_forecast_rules() {
    const Day day = std::chrono::year{2026} / 1 / 1;
    for (const Bucket bucket : {Bucket::kCommitted, Bucket::kOpen, Bucket::kLost}) {
        for (const ForecastInput &input : {ForecastInput{.bucket = bucket, .total_order_value = Money{-1}},
                                           ForecastInput{.bucket = bucket, .conversion_confidence = Rate{1}}}) {
            for (const ExplanationStep &step : explain(input, {}, day, "stage")) print(step.step, step.rule);
        }
    }
}

void print_analysis(const Analysis &found) {
    for (const AnalysisStep &step : explain(ProjectRow{}, found)) print(step.step, step.detail);
}

// rate and days are not limited to what the rules reach: beyond the ends of curve and steps, too.
Analysis rated(double rate, std::optional<int> days, ValueBand band, std::optional<double> share) {
    Analysis found;
    found.band = band;
    found.rating_inputs = {.conversion_rate = rate, .expected_days = days, .band = band, .value_share = share};
    found.rating = rate_project(found.rating_inputs);
    return found;
}

void print_analysis_rules() {
    for (const double rate : {0.0, 0.05, 0.15, 0.215, 0.25, 0.32, 0.4, 0.5, 0.9}) {
        for (const ValueBand band :
             {ValueBand::kZero, ValueBand::kSmall, ValueBand::kMedium, ValueBand::kLarge, ValueBand::kXLarge}) {
            for (const int days : {15, 45, 75, 100, 150, 250, 900}) print_analysis(rated(rate, days, band, 0.95));
            print_analysis(rated(rate, std::nullopt, band, std::nullopt));
        }
    }
    Analysis found = rated(0.3, 30, ValueBand::kSmall, 0.5);
    found.rating_inputs.gestation_quartiles = analysis::Quartiles{10, 50};
    found.rating_inputs.account = analysis::WinRecord{1, 2};
    found.prior = analysis::ConversionPrior{0.5, found.config.prior_strength};
    found.segment.tier = 1;
    print_analysis(found);
    found.segment.tier = 4;
    print_analysis(found);
}

void print_refusals() {
    for (const std::string &problem :
         {day_problem(), money_problem(), percent_problem(), gestation_problem(), number_problem()}) {
        print("limit", problem);
    }
    print("key", decode_field(FieldKind::kKey, std::string(5000, 'x'), "").reason);
    print("day", decode_day("0001-01-01").reason);
    print("buckets", bucket_names());
    for (const auto outcome : analysis::kOutcomes) print("outcome", std::string(analysis::to_string(outcome)));
    print("adjustment", adjust_rating({.proposed = 1}).refusal);
    const auto answer = [](const std::string &summary, const std::string &adjustment) {
        const auto parsed = parse_llm_answer(
            R"({"summary":")" + summary + R"(","reasoning":{"gestation":"g","conversion":"c","rating":"r"},)" +
            R"("adjustments":{"rating_adjustment":)" + adjustment + R"(},"special_factors":"","confidence_notes":""})");
        print("answer", std::get<RejectedAnswer>(parsed).reason);
    };
    answer("s", "99");
    answer(std::string(9999, 's'), "0");
    answer(std::string(99'999, 's'), "0");
    print("version", std::string(kAnalysisVersion));
}

}  // namespace

int main() {
    print_forecast_rules();
    print_analysis_rules();
    print_refusals();
}
