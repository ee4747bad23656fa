// SQL shells of the measures of the backtest. NULL in, NULL out.
#include "pg/guard.hpp"

#include "core/accuracy.hpp"
#include "core/input_error.hpp"
#include "core/number_text.hpp"
#include "pg/numeric_codec.hpp"

namespace {

using namespace pipeline_forecast;

// Sums of money reach further than the money of one project.
WideCents sum_argument(FunctionCallInfo fcinfo, int index) {
    const auto cents = pg::wide_from_numeric(PG_GETARG_DATUM(index), kMoneyScale);
    if (!cents) {
        throw InputError("22003", "sum is out of range for a measure of accuracy", "Give a number below 10^28.");
    }
    return *cents;
}

Datum share_datum(std::optional<Share> share, FunctionCallInfo fcinfo) {
    if (!share) PG_RETURN_NULL();
    return pg::numeric_from_scaled(share->e6, kShareScale);
}

}  // namespace

PIPELINE_FUNCTION(pipeline_share) { return share_datum(share(PG_GETARG_INT64(0), PG_GETARG_INT64(1)), fcinfo); }

PIPELINE_FUNCTION(pipeline_wape) { return share_datum(wape(sum_argument(fcinfo, 0), sum_argument(fcinfo, 1)), fcinfo); }

PIPELINE_FUNCTION(pipeline_bias) { return share_datum(bias(sum_argument(fcinfo, 0), sum_argument(fcinfo, 1)), fcinfo); }

PIPELINE_FUNCTION(pipeline_skill) {
    return share_datum(skill(sum_argument(fcinfo, 0), sum_argument(fcinfo, 1)), fcinfo);
}
