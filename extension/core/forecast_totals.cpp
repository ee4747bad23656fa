#include "core/forecast_totals.hpp"

#include "core/input_error.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

Money sum(Money left, Money right) {
    Money total;
    if (__builtin_add_overflow(left.cents, right.cents, &total.cents)) {
        throw InputError("22003", "sum of forecast values is out of range", "Sum fewer or smaller projects at a time.");
    }
    return total;
}

}  // namespace

void ForecastTotals::add(const ForecastInput &input) {
    add(ForecastTotals{.project_count = 1,
                       .contract_value = pipeline_forecast::contract_value(input),
                       .committed_value = pipeline_forecast::committed_value(input),
                       .expected_value = pipeline_forecast::expected_value(input),
                       .best_case_value = pipeline_forecast::best_case_value(input),
                       .worst_case_value = pipeline_forecast::worst_case_value(input)});
}

void ForecastTotals::add(const ForecastTotals &other) {
    project_count += other.project_count;
    contract_value = sum(contract_value, other.contract_value);
    committed_value = sum(committed_value, other.committed_value);
    expected_value = sum(expected_value, other.expected_value);
    best_case_value = sum(best_case_value, other.best_case_value);
    worst_case_value = sum(worst_case_value, other.worst_case_value);
}

}  // namespace pipeline_forecast
