// SQL shell of the explanation; explain_forecast() and vw_forecast_explanation_v1 unfold its rows.
#include "pg/guard.hpp"

#include <nlohmann/json.hpp>

#include "core/explanation.hpp"
#include "pg/arguments.hpp"
#include "pg/json.hpp"

using namespace pipeline_forecast;

namespace {

// total_order_value, new_enquiry_value, pipeline_stage, stage_bucket, expected_conversion_rate, probability_percent,
// default_probability, conversion_confidence, default_spread, date_order_received, expected_start_date,
// follow_up_date, date_created, expected_gestation_days, today
Datum forecast_steps(FunctionCallInfo fcinfo, Rate model_confidence_minimum) {
    const auto bucket = pg::bucket_argument(fcinfo, 3);
    const auto today = pg::day_argument(fcinfo, 14);
    if (!bucket || !today) PG_RETURN_NULL();
    const ForecastInput input{.bucket = *bucket,
                              .total_order_value = pg::money_argument(fcinfo, 0),
                              .new_enquiry_value = pg::money_argument(fcinfo, 1),
                              .expected_conversion_rate = pg::rate_argument(fcinfo, 4),
                              .stated_probability = pg::percent_argument(fcinfo, 5),
                              .default_probability = pg::rate_argument(fcinfo, 6).value_or(Rate{}),
                              .conversion_confidence = pg::rate_argument(fcinfo, 7),
                              .default_spread = pg::rate_argument(fcinfo, 8)};
    const DateInput dates{.date_order_received = pg::day_argument(fcinfo, 9),
                          .expected_start_date = pg::day_argument(fcinfo, 10),
                          .follow_up_date = pg::day_argument(fcinfo, 11),
                          .date_created = pg::day_argument(fcinfo, 12),
                          .expected_gestation_days = pg::integer_argument(fcinfo, 13)};
    const std::string_view stage = PG_ARGISNULL(2) ? std::string_view{} : pg::text_argument(fcinfo, 2);

    nlohmann::json rows = nlohmann::json::array();
    for (const ExplanationStep &step : explain(input, dates, *today, std::string(stage), model_confidence_minimum)) {
        rows.push_back({{"step", step.step}, {"rule", step.rule}, {"input", step.input}, {"value", step.value}});
    }
    return pg::jsonb_datum(rows);
}

}  // namespace

// And, last, model_confidence_minimum.
PIPELINE_FUNCTION(pipeline_forecast_steps) {
    return forecast_steps(fcinfo, pg::rate_argument(fcinfo, 15).value_or(Rate{}));
}

// Of release 0.1.0, whose analyses always counted.
PIPELINE_FUNCTION(pipeline_explain_forecast) { return forecast_steps(fcinfo, Rate{}); }
