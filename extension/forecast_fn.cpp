// SQL shells of the forecast formula, one function per column, so that a query computes only what it selects.
// All of them are immutable: what they know comes in as arguments. A NULL stage bucket gives NULL.
#include "pg/guard.hpp"

#include "core/forecast.hpp"
#include "pg/arguments.hpp"
#include "pg/forecast_arguments.hpp"

namespace {

using namespace pipeline_forecast;

DateInput date_input(FunctionCallInfo fcinfo) {
    return {.date_order_received = pg::day_argument(fcinfo, 0),
            .expected_start_date = pg::day_argument(fcinfo, 1),
            .follow_up_date = pg::day_argument(fcinfo, 2),
            .date_created = pg::day_argument(fcinfo, 3),
            .expected_gestation_days = pg::integer_argument(fcinfo, 4)};
}

}  // namespace

PIPELINE_FUNCTION(pipeline_contract_value) {
    const ForecastInput input{.total_order_value = pg::money_argument(fcinfo, 0),
                              .new_enquiry_value = pg::money_argument(fcinfo, 1)};
    return pg::money_datum(contract_value(input));
}

// expected_conversion_rate, conversion_confidence, probability_percent, model_confidence_minimum
PIPELINE_FUNCTION(pipeline_model_rate) {
    const ModelEvidence model{.expected_conversion_rate = pg::rate_argument(fcinfo, 0),
                              .conversion_confidence = pg::rate_argument(fcinfo, 1),
                              .confidence_minimum = pg::rate_argument(fcinfo, 3).value_or(Rate{})};
    const auto rate = counting_rate(model, pg::percent_argument(fcinfo, 2));
    if (!rate) PG_RETURN_NULL();
    return pg::rate_datum(*rate);
}

PIPELINE_FUNCTION(pipeline_probability) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    return pg::rate_datum(probability(pg::probability_arguments(fcinfo)));
}

PIPELINE_FUNCTION(pipeline_probability_source) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    return pg::text_datum(to_string(probability_source(pg::probability_arguments(fcinfo))));
}

PIPELINE_FUNCTION(pipeline_probability_spread) {
    const ForecastInput input{.conversion_confidence = pg::rate_argument(fcinfo, 0),
                              .default_spread = pg::rate_argument(fcinfo, 1)};
    const auto spread = probability_spread(input);
    if (!spread) PG_RETURN_NULL();
    return pg::rate_datum(*spread);
}

PIPELINE_FUNCTION(pipeline_best_case_probability) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    return pg::rate_datum(best_case_probability(pg::probability_arguments(fcinfo)));
}

PIPELINE_FUNCTION(pipeline_worst_case_probability) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    return pg::rate_datum(worst_case_probability(pg::probability_arguments(fcinfo)));
}

PIPELINE_FUNCTION(pipeline_committed_value) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    return pg::money_datum(committed_value(pg::value_arguments(fcinfo, 0)));
}

PIPELINE_FUNCTION(pipeline_expected_value) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    return pg::money_datum(expected_value(pg::value_arguments(fcinfo, 0)));
}

PIPELINE_FUNCTION(pipeline_best_case_value) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    return pg::money_datum(best_case_value(pg::value_arguments(fcinfo, 0)));
}

PIPELINE_FUNCTION(pipeline_worst_case_value) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    return pg::money_datum(worst_case_value(pg::value_arguments(fcinfo, 0)));
}

PIPELINE_FUNCTION(pipeline_forecast_date_source) {
    return pg::text_datum(to_string(forecast_date_source(date_input(fcinfo))));
}

PIPELINE_FUNCTION(pipeline_forecast_date) {
    const auto today = pg::day_argument(fcinfo, 5);
    const DateInput input = date_input(fcinfo);
    if (!today && forecast_date_source(input) == DateSource::kToday) PG_RETURN_NULL();
    PG_RETURN_DATEADT(pg::date_from_day(forecast_date(input, today.value_or(Day{}))));
}

PIPELINE_FUNCTION(pipeline_forecast_month) {
    const auto day = pg::day_argument(fcinfo, 0);
    if (!day) PG_RETURN_NULL();
    PG_RETURN_DATEADT(pg::date_from_day(month_start(*day)));
}
