// A forecast retold step by step, so that a person can redo every number by hand.
#pragma once

#include <string>
#include <vector>

#include "core/forecast.hpp"

namespace pipeline_forecast {

struct ExplanationStep {
    std::string step;   // the column it explains
    std::string rule;   // what applied, in words
    std::string input;  // what went in
    std::string value;  // what came out, as the forecast shows it
};

// `stage` is the label on the board, empty if there is none.
[[nodiscard]] std::vector<ExplanationStep> explain(const ForecastInput &input, const DateInput &dates, Day today,
                                                   const std::string &stage);

}  // namespace pipeline_forecast
