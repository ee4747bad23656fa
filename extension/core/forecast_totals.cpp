#include "core/forecast_totals.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
void ForecastTotals::add(const ForecastInput &input) {
    add(ForecastTotals{.project_count = 1,
                       .contract_value = pipeline_forecast::contract_value(input).cents,
                       .committed_value = pipeline_forecast::committed_value(input).cents,
                       .expected_value = pipeline_forecast::expected_value(input).cents,
                       .best_case_value = pipeline_forecast::best_case_value(input).cents,
                       .worst_case_value = pipeline_forecast::worst_case_value(input).cents});
}

void ForecastTotals::add(const ForecastTotals &other) {
    project_count += other.project_count;
    contract_value += other.contract_value;
    committed_value += other.committed_value;
    expected_value += other.expected_value;
    best_case_value += other.best_case_value;
    worst_case_value += other.worst_case_value;
}

}  // namespace pipeline_forecast
