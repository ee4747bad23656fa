// The aggregate pipeline_forecast_totals: one transition call per project computes and sums all six columns, where
// sum() over the single functions would evaluate the formula five times and add numerics.
#include "pg/guard.hpp"

#include <cstring>
#include <type_traits>

#include "core/forecast_totals.hpp"
#include "pg/forecast_arguments.hpp"

namespace {

using namespace pipeline_forecast;

static_assert(std::is_trivially_copyable_v<ForecastTotals>);

// The state lives in the aggregate's own memory context and holds no C++ object with a destructor.
ForecastTotals *aggregate_state(FunctionCallInfo fcinfo) {
    MemoryContext context = nullptr;
    if (AggCheckCallContext(fcinfo, &context) == 0) {
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("function is part of an aggregate"),
                        errhint("Use the aggregate pipeline_forecast_totals.")));
    }
    if (!PG_ARGISNULL(0)) return reinterpret_cast<ForecastTotals *>(PG_GETARG_POINTER(0));
    return static_cast<ForecastTotals *>(MemoryContextAllocZero(context, sizeof(ForecastTotals)));
}

}  // namespace

PIPELINE_FUNCTION(pipeline_forecast_totals_transition) {
    ForecastTotals *totals = aggregate_state(fcinfo);
    if (!PG_ARGISNULL(1)) totals->add(pg::value_arguments(fcinfo, 1));
    PG_RETURN_POINTER(totals);
}

PIPELINE_FUNCTION(pipeline_forecast_totals_combine) {
    ForecastTotals *totals = aggregate_state(fcinfo);
    if (!PG_ARGISNULL(1)) totals->add(*reinterpret_cast<const ForecastTotals *>(PG_GETARG_POINTER(1)));
    PG_RETURN_POINTER(totals);
}

PIPELINE_FUNCTION(pipeline_forecast_totals_serialize) {
    const ForecastTotals *totals = aggregate_state(fcinfo);
    auto *bytes = static_cast<bytea *>(palloc(VARHDRSZ + sizeof(ForecastTotals)));
    SET_VARSIZE(bytes, VARHDRSZ + sizeof(ForecastTotals));
    std::memcpy(VARDATA(bytes), totals, sizeof(ForecastTotals));
    PG_RETURN_BYTEA_P(bytes);
}

PIPELINE_FUNCTION(pipeline_forecast_totals_deserialize) {
    const bytea *bytes = PG_GETARG_BYTEA_PP(0);
    if (VARSIZE_ANY_EXHDR(bytes) != sizeof(ForecastTotals)) elog(ERROR, "state of forecast totals has a wrong size");
    auto *totals = static_cast<ForecastTotals *>(palloc(sizeof(ForecastTotals)));
    std::memcpy(totals, VARDATA_ANY(bytes), sizeof(ForecastTotals));
    PG_RETURN_POINTER(totals);
}

// Returns the composite (project_count, contract, committed, expected, best case, worst case).
PIPELINE_FUNCTION(pipeline_forecast_totals_final) {
    const ForecastTotals *totals = aggregate_state(fcinfo);
    TupleDesc descriptor = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE) {
        elog(ERROR, "forecast totals need a composite result type");
    }
    Datum values[] = {Int64GetDatum(totals->project_count),        pg::money_datum(totals->contract_value),
                      pg::money_datum(totals->committed_value),    pg::money_datum(totals->expected_value),
                      pg::money_datum(totals->best_case_value),    pg::money_datum(totals->worst_case_value)};
    bool nulls[std::size(values)] = {};
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
