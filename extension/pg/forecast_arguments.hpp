// The argument lists that the functions and the aggregate of the forecast share. A function may stop after any
// group: what it does not take stays unknown.
#pragma once

#include "pg/arguments.hpp"

namespace pipeline_forecast::pg {

// stage_bucket, total_order_value, new_enquiry_value | expected_conversion_rate, probability_percent,
// default_probability | conversion_confidence, default_spread. The bucket must not be NULL.
[[nodiscard]] inline ForecastInput value_arguments(FunctionCallInfo fcinfo, int first) {
    ForecastInput input{.bucket = *bucket_argument(fcinfo, first),
                        .total_order_value = money_argument(fcinfo, first + 1),
                        .new_enquiry_value = money_argument(fcinfo, first + 2)};
    if (PG_NARGS() > first + 3) {
        input.expected_conversion_rate = rate_argument(fcinfo, first + 3);
        input.stated_probability = percent_argument(fcinfo, first + 4);
        input.default_probability = rate_argument(fcinfo, first + 5).value_or(Rate{});
    }
    if (PG_NARGS() > first + 6) {
        input.conversion_confidence = rate_argument(fcinfo, first + 6);
        input.default_spread = rate_argument(fcinfo, first + 7);
    }
    return input;
}

// stage_bucket, expected_conversion_rate, probability_percent, default_probability | conversion_confidence,
// default_spread. The bucket must not be NULL.
[[nodiscard]] inline ForecastInput probability_arguments(FunctionCallInfo fcinfo) {
    ForecastInput input{.bucket = *bucket_argument(fcinfo, 0),
                        .expected_conversion_rate = rate_argument(fcinfo, 1),
                        .stated_probability = percent_argument(fcinfo, 2),
                        .default_probability = rate_argument(fcinfo, 3).value_or(Rate{})};
    if (PG_NARGS() > 4) {
        input.conversion_confidence = rate_argument(fcinfo, 4);
        input.default_spread = rate_argument(fcinfo, 5);
    }
    return input;
}

}  // namespace pipeline_forecast::pg
