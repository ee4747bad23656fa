// SQL shell of the waterfall's split: two states of a project in, the parts of its bars out.
#include "pg/guard.hpp"

#include "core/forecast_change.hpp"
#include "pg/arguments.hpp"

namespace {

using namespace pipeline_forecast;

// day, stage_bucket, forecast_month, contract_value, probability, expected_value, committed_value; no bucket, no state.
constexpr int kStateArguments = 7;

std::optional<ForecastState> state_argument(FunctionCallInfo fcinfo, int first) {
    const auto bucket = pg::bucket_argument(fcinfo, first + 1);
    const auto day = pg::day_argument(fcinfo, first);
    const auto month = pg::day_argument(fcinfo, first + 2);
    if (!bucket || !day || !month) return std::nullopt;
    return ForecastState{.day = *day,
                         .bucket = *bucket,
                         .month = *month,
                         .contract_value = pg::money_argument(fcinfo, first + 3).value_or(Money{}),
                         .probability = pg::rate_argument(fcinfo, first + 4).value_or(Rate{}),
                         .expected_value = pg::money_argument(fcinfo, first + 5).value_or(Money{}),
                         .committed_value = pg::money_argument(fcinfo, first + 6).value_or(Money{})};
}

// The composite type of the result's elements: looked up once per query, kept as long as the call information.
TupleDesc element_descriptor(FunctionCallInfo fcinfo) {
    if (fcinfo->flinfo->fn_extra == nullptr) {
        const Oid element = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
        if (!OidIsValid(element)) elog(ERROR, "forecast changes need an array as result type");
        MemoryContext caller_context = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
        fcinfo->flinfo->fn_extra = lookup_rowtype_tupdesc_copy(element, -1);
        MemoryContextSwitchTo(caller_context);
    }
    return static_cast<TupleDesc>(fcinfo->flinfo->fn_extra);
}

Datum change_datum(const ForecastChange &change, Bar bar, TupleDesc descriptor) {
    Datum values[] = {pg::text_datum(to_string(bar)), pg::text_datum(to_string(change.bucket)),
                      DateADTGetDatum(pg::date_from_day(change.month)), pg::money_datum(change.expected_value),
                      pg::money_datum(change.committed_value)};
    bool nulls[std::size(values)] = {};
    return HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls));
}

// naming: the bar that a change stands in.
Datum changes_datum(FunctionCallInfo fcinfo, Bar (*naming)(Bar) noexcept) {
    TupleDesc descriptor = element_descriptor(fcinfo);
    const auto opening = state_argument(fcinfo, 0);
    const auto closing = state_argument(fcinfo, kStateArguments);
    const std::vector<ForecastChange> changes = forecast_changes(opening, closing);
    return pg::pg_call([&] {
        auto *elements = static_cast<Datum *>(palloc(sizeof(Datum) * (changes.size() + 1)));
        for (std::size_t i = 0; i < changes.size(); ++i) {
            elements[i] = change_datum(changes[i], naming(changes[i].bar), descriptor);
        }
        return PointerGetDatum(construct_array(elements, static_cast<int>(changes.size()), descriptor->tdtypeid, -1,
                                               false, TYPALIGN_DOUBLE));
    });
}

}  // namespace

PIPELINE_FUNCTION(pipeline_waterfall_changes) {
    return changes_datum(fcinfo, [](Bar bar) noexcept { return bar; });
}

// As release 0.1.0 calls it, whose waterfall knows no other bars.
PIPELINE_FUNCTION(pipeline_forecast_changes) { return changes_datum(fcinfo, bar_of_first_release); }
