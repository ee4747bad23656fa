// Sums over projects of their *rounded* values, so that the totals of a month add up with its drill-down to the cent.
#pragma once

#include <cstdint>

#include "core/forecast.hpp"

namespace pipeline_forecast {

// Plain data without pointers: the aggregate copies it between parallel workers as bytes.
struct ForecastTotals {
    std::int64_t project_count = 0;
    WideCents contract_value = 0;
    WideCents committed_value = 0;
    WideCents expected_value = 0;
    WideCents best_case_value = 0;
    WideCents worst_case_value = 0;

    void add(const ForecastInput &input);
    void add(const ForecastTotals &other);

    friend bool operator==(const ForecastTotals &, const ForecastTotals &) = default;
};

}  // namespace pipeline_forecast
