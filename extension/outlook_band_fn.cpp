// SQL shells of the outlook's bands: sums of its additive columns over any projects, and what can be said of them.
#include "pg/guard.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "core/outlook/cumulants.hpp"
#include "core/outlook/horizon.hpp"
#include "core/outlook/quantile.hpp"
#include "core/outlook/wilson.hpp"
#include "pg/arguments.hpp"
#include "pg/result_set.hpp"

namespace {

using namespace pipeline_forecast;
using outlook::Columns;

Columns columns_argument(FunctionCallInfo fcinfo) {
    return {.k1 = PG_GETARG_FLOAT8(0),
            .k2 = PG_GETARG_FLOAT8(1),
            .k3 = PG_GETARG_FLOAT8(2),
            .l0 = PG_GETARG_FLOAT8(3),
            .neg = PG_GETARG_FLOAT8(4)};
}

// The state of the aggregate; it has no destructor and lives in the aggregate's own memory.
Columns *columns_state(FunctionCallInfo fcinfo) {
    MemoryContext context = nullptr;
    if (AggCheckCallContext(fcinfo, &context) == 0) {
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("function is part of an aggregate"),
                        errhint("Use the aggregate outlook_sum.")));
    }
    if (!PG_ARGISNULL(0)) return reinterpret_cast<Columns *>(PG_GETARG_POINTER(0));
    return static_cast<Columns *>(MemoryContextAllocZero(context, sizeof(Columns)));
}

// The figures of the months of one row of outlook_project; valid as long as the argument.
struct MonthFigures {
    const double *numbers;
    int count;

    [[nodiscard]] double up_to(int month) const { return std::accumulate(numbers, numbers + month + 1, 0.0); }
};

MonthFigures figures_argument(FunctionCallInfo fcinfo, int argument) {
    const ArrayType *array = PG_GETARG_ARRAYTYPE_P(argument);
    const int count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    if (ARR_HASNULL(array) || count > outlook::kMonths) {
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("figures of months are not those of an outlook"),
                        errhint("They are at most %d numbers, none of them NULL.", outlook::kMonths)));
    }
    return {reinterpret_cast<const double *>(ARR_DATA_PTR(array)), count};
}

}  // namespace

// k1, k2, k3, l0, neg, shock, q
PIPELINE_FUNCTION(pipeline_outlook_quantile) {
    PG_RETURN_FLOAT8(outlook::quantile(columns_argument(fcinfo), PG_GETARG_FLOAT8(5), PG_GETARG_FLOAT8(6)));
}

// k1, k2, k3, l0, neg, shock, value
PIPELINE_FUNCTION(pipeline_outlook_probability_at_least) {
    PG_RETURN_FLOAT8(outlook::probability_at_least(columns_argument(fcinfo), PG_GETARG_FLOAT8(5), PG_GETARG_FLOAT8(6)));
}

// state, months, month, cumulated, win_value, value_cv2, c
PIPELINE_FUNCTION(pipeline_outlook_sum_transition) {
    Columns *sum = columns_state(fcinfo);
    for (int argument = 1; argument <= 6; ++argument) {
        if (PG_ARGISNULL(argument)) PG_RETURN_POINTER(sum);
    }
    const MonthFigures months = figures_argument(fcinfo, 1);
    const int month = PG_GETARG_INT32(2);
    if (month < 0 || month >= months.count) PG_RETURN_POINTER(sum);
    const double p = PG_GETARG_BOOL(3) ? months.up_to(month) : months.numbers[month];
    const Columns deal = outlook::deal_columns(p, PG_GETARG_FLOAT8(4), PG_GETARG_FLOAT8(5));
    *sum += outlook::scaled(deal, PG_GETARG_FLOAT8(6));
    PG_RETURN_POINTER(sum);
}

// Returns {k1, k2, k3, l0, neg}.
PIPELINE_FUNCTION(pipeline_outlook_sum_final) {
    const Columns *sum = columns_state(fcinfo);
    const double numbers[] = {sum->k1, sum->k2, sum->k3, sum->l0, sum->neg};
    return pg::number_array(numbers, std::size(numbers));
}

// months, win_value, value_cv2, c, c_cumulated -> a row for each month
PIPELINE_FUNCTION(pipeline_outlook_columns) {
    const MonthFigures months = figures_argument(fcinfo, 0);
    const double value = PG_GETARG_FLOAT8(1);
    const double cv2 = PG_GETARG_FLOAT8(2);
    const MonthFigures c = figures_argument(fcinfo, 3);
    const MonthFigures c_cumulated = figures_argument(fcinfo, 4);
    const pg::ResultSet result = pg::begin_result_set(fcinfo);
    const int count = std::min({months.count, c.count, c_cumulated.count});
    for (int month = 0; month < count; ++month) {
        const Columns single =
            outlook::scaled(outlook::deal_columns(months.numbers[month], value, cv2), c.numbers[month]);
        const Columns up_to =
            outlook::scaled(outlook::deal_columns(months.up_to(month), value, cv2), c_cumulated.numbers[month]);
        Datum values[] = {Int32GetDatum(month),      Float8GetDatum(months.numbers[month]),
                          Float8GetDatum(single.k1), Float8GetDatum(single.k2),
                          Float8GetDatum(single.k3), Float8GetDatum(single.l0),
                          Float8GetDatum(up_to.k1),  Float8GetDatum(up_to.k2),
                          Float8GetDatum(up_to.k3),  Float8GetDatum(up_to.l0),
                          Float8GetDatum(single.neg)};
        bool nulls[std::size(values)] = {};
        tuplestore_putvalues(result.rows, result.descriptor, values, nulls);
    }
    return Datum{0};
}

// Returns {low, high}.
PIPELINE_FUNCTION(pipeline_wilson) {
    const outlook::Interval interval =
        outlook::wilson(static_cast<double>(PG_GETARG_INT64(0)), static_cast<double>(PG_GETARG_INT64(1)));
    const double numbers[] = {interval.low, interval.high};
    return pg::number_array(numbers, std::size(numbers));
}
