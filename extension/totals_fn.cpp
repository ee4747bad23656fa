// The formula as a whole: pipeline_forecast_values gives all values of a project in one call, and the aggregate
// pipeline_forecast_totals sums them, where sum() over the single functions would evaluate the formula five times and
// add numerics.
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

// The result type is looked up once per query; the copy lives as long as the function's call information.
TupleDesc result_descriptor(FunctionCallInfo fcinfo) {
    if (fcinfo->flinfo->fn_extra == nullptr) {
        TupleDesc descriptor = nullptr;
        if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE) {
            elog(ERROR, "forecast values need a composite result type");
        }
        MemoryContext caller_context = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
        fcinfo->flinfo->fn_extra = BlessTupleDesc(CreateTupleDescCopy(descriptor));
        MemoryContextSwitchTo(caller_context);
    }
    return static_cast<TupleDesc>(fcinfo->flinfo->fn_extra);
}

template <std::size_t Columns>
Datum composite(FunctionCallInfo fcinfo, Datum (&values)[Columns]) {
    bool nulls[Columns] = {};
    return HeapTupleGetDatum(heap_form_tuple(result_descriptor(fcinfo), values, nulls));
}

}  // namespace

// Returns the composite (contract, probability, committed, expected, best case, worst case).
PIPELINE_FUNCTION(pipeline_forecast_values) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    const ForecastInput input = pg::value_arguments(fcinfo, 0);
    Datum values[] = {pg::money_datum(contract_value(input)),  pg::rate_datum(probability(input)),
                      pg::money_datum(committed_value(input)), pg::money_datum(expected_value(input)),
                      pg::money_datum(best_case_value(input)), pg::money_datum(worst_case_value(input))};
    return composite(fcinfo, values);
}

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
    Datum values[] = {Int64GetDatum(totals->project_count),   pg::sum_datum(totals->contract_value),
                      pg::sum_datum(totals->committed_value), pg::sum_datum(totals->expected_value),
                      pg::sum_datum(totals->best_case_value), pg::sum_datum(totals->worst_case_value)};
    return composite(fcinfo, values);
}
