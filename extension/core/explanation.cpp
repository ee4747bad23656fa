#include "core/explanation.hpp"

#include "core/number_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

const std::string kUnknownText = "unknown";

std::string show(Money money) { return decimal_text(money.cents, kMoneyScale); }
std::string show(Rate rate) { return decimal_text(rate.e5, kRateScale); }
std::string show(Day day) { return to_iso(day); }
std::string show(int number) { return std::to_string(number); }

template <typename Value>
std::string show(std::optional<Value> value) {
    return value ? show(*value) : kUnknownText;
}

std::string in_bucket(Bucket bucket, Rate value) {
    return exact_text(static_cast<double>(value.e5) / static_cast<double>(kRateOne.e5)) +
           ", since the stage is in the bucket " + std::string(to_string(bucket));
}

std::string contract_rule(const ForecastInput &input) {
    if (input.total_order_value && input.total_order_value->cents != 0) {
        return "total_order_value, since it is known and not 0";
    }
    if (input.new_enquiry_value && input.new_enquiry_value->cents != 0) {
        return "new_enquiry_value, since total_order_value is unknown or 0";
    }
    return "0, since neither value is known and different from 0";
}

std::string date_rule(DateSource source) {
    switch (source) {
        case DateSource::kOrderReceived: return "date_order_received, since it is known";
        case DateSource::kExpectedStart: return "expected_start_date, the first that is known";
        case DateSource::kFollowUp: return "follow_up_date, the first that is known";
        case DateSource::kCreatedPlusGestation:
            return "date_created + max(expected_gestation_days, 0), since no later date is known";
        case DateSource::kCreated: return "date_created, since nothing else is known";
        case DateSource::kToday: break;
    }
    return "today, since no date is known";
}

std::string probability_rule(const ForecastInput &input, const ModelEvidence &model) {
    switch (probability_source(input)) {
        case ProbabilitySource::kStageLost: return in_bucket(Bucket::kLost, kRateZero);
        case ProbabilitySource::kStageCommitted: return in_bucket(Bucket::kCommitted, kRateOne);
        case ProbabilitySource::kModel:
            return std::string("expected_conversion_rate of the analysis, ") +
                   (is_confident(model) ? "since its conversion_confidence is at least model_confidence_minimum"
                                        : "since nobody stated a probability");
        case ProbabilitySource::kBoardPercent:
            return std::string("probability_percent / 100, since ") +
                   (model.expected_conversion_rate
                        ? "the conversion_confidence of the analysis is below model_confidence_minimum"
                        : "there is no analysis");
        case ProbabilitySource::kStageDefault: break;
    }
    return "the stage's default, since neither analysis nor percentage is known";
}

std::string spread_rule(const ForecastInput &input) {
    if (input.conversion_confidence && input.conversion_confidence->e5 > 0) {
        return "(1 - conversion_confidence) * " + exact_text(kSpreadWithoutConfidence) + ", at least " +
               exact_text(kNarrowestSpread) + " and at most " + exact_text(kWidestSpread);
    }
    return "the stage's default, since the confidence is unknown or 0";
}

std::string case_rule(Bucket bucket, const std::string &sum) {
    return bucket == Bucket::kOpen ? sum : "as the probability, since nothing is open in this bucket";
}

std::string committed_rule(Bucket bucket) {
    return (bucket == Bucket::kCommitted ? "contract_value, since the bucket is " : "0, since the bucket is not ") +
           std::string(to_string(Bucket::kCommitted));
}

std::string product(Money contract, Rate rate) { return show(contract) + " * " + show(rate); }

}  // namespace

std::vector<ExplanationStep> explain(const ForecastInput &known, const DateInput &dates, Day today,
                                     const std::string &stage, Rate model_confidence_minimum) {
    const ModelEvidence model{known.expected_conversion_rate, known.conversion_confidence, model_confidence_minimum};
    ForecastInput input = known;
    input.expected_conversion_rate = counting_rate(model, known.stated_probability);
    const Money contract = contract_value(input);
    const Rate likely = probability(input);
    const Rate best = best_case_probability(input);
    const Rate worst = worst_case_probability(input);
    const std::optional<Rate> spread = probability_spread(input);
    const Day date = forecast_date(dates, today);
    const bool is_credit = contract.cents < 0;
    const std::string swapped = is_credit ? ", best and worst swapped for a negative contract value" : "";
    const std::string rounded = "rounded to " + std::to_string(kMoneyScale) + " decimals";
    const std::string band = show(likely) + " and " + show(spread);

    return {
        {"stage_bucket", "the rule of the stage in pipeline_stage", stage.empty() ? kUnknownText : stage,
         std::string(to_string(input.bucket))},
        {"contract_value", contract_rule(input),
         "total_order_value " + show(input.total_order_value) + ", new_enquiry_value " + show(input.new_enquiry_value),
         show(contract)},
        {"forecast_date", date_rule(forecast_date_source(dates)),
         "date_order_received " + show(dates.date_order_received) + ", expected_start_date " +
             show(dates.expected_start_date) + ", follow_up_date " + show(dates.follow_up_date) + ", date_created " +
             show(dates.date_created) + ", expected_gestation_days " + show(dates.expected_gestation_days) +
             ", today " + show(today),
         show(date)},
        {"forecast_month", "first day of the month of forecast_date", show(date), show(month_start(date))},
        {"probability", probability_rule(input, model),
         "expected_conversion_rate " + show(model.expected_conversion_rate) + ", conversion_confidence " +
             show(model.conversion_confidence) + ", model_confidence_minimum " + show(model.confidence_minimum) +
             ", probability_percent / 100 " + show(input.stated_probability) + ", stage default " +
             show(input.default_probability),
         show(likely)},
        {"probability_spread", spread_rule(input),
         "conversion_confidence " + show(input.conversion_confidence) + ", stage default " + show(input.default_spread),
         show(spread)},
        {"best_case_probability", case_rule(input.bucket, "probability + probability_spread, within 0 and 1"), band,
         show(best)},
        {"worst_case_probability", case_rule(input.bucket, "probability - probability_spread, within 0 and 1"), band,
         show(worst)},
        {"committed_value", committed_rule(input.bucket), show(contract), show(committed_value(input))},
        {"expected_value", "contract_value * probability, " + rounded, product(contract, likely),
         show(expected_value(input))},
        {"best_case_value", "contract_value * best_case_probability, " + rounded + swapped,
         product(contract, is_credit ? worst : best), show(best_case_value(input))},
        {"worst_case_value", "contract_value * worst_case_probability, " + rounded + swapped,
         product(contract, is_credit ? best : worst), show(worst_case_value(input))},
    };
}

}  // namespace pipeline_forecast
