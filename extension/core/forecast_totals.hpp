// Sums over projects of their *rounded* values, so that the totals of a month add up with its drill-down to the cent.
#pragma once

#include <cstdint>

#include "core/forecast.hpp"

namespace pipeline_forecast {

// Plain data without pointers: the aggregate copies it between parallel workers as bytes.
struct ForecastTotals {
    std::int64_t project_count = 0;
    Money contract_value;
    Money committed_value;
    Money expected_value;
    Money best_case_value;
    Money worst_case_value;

    // Both throw InputError (22003) where a sum leaves 64 bits.
    void add(const ForecastInput &input);
    void add(const ForecastTotals &other);
};

}  // namespace pipeline_forecast
