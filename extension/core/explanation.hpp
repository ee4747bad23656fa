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

// `known` has the rate of the analysis as it is, which counts from a confidence of model_confidence_minimum on, or
// where nobody stated a probability. `stage` is the label on the board, empty if there is none.
[[nodiscard]] std::vector<ExplanationStep> explain(const ForecastInput &known, const DateInput &dates, Day today,
                                                   const std::string &stage, Rate model_confidence_minimum = {});

}  // namespace pipeline_forecast
