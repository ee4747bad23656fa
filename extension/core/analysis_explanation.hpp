// An analysis retold step by step. Every number of a rule is printed from the constant that the rule reads, so that
// changing one changes the text.
#pragma once

#include <string>
#include <vector>

#include "core/analysis/analysis.hpp"

namespace pipeline_forecast {

struct AnalysisStep {
    std::string step;
    std::string detail;  // the rule and what went in
    std::string value;   // what came out
};

// From the segment to the score, so that a person can redo the sum.
[[nodiscard]] std::vector<AnalysisStep> explain(const analysis::ProjectRow &project, const analysis::Analysis &found);

// "time_weighted_half_life_730d" or "unweighted".
[[nodiscard]] std::string weighting_text(const analysis::Analysis &found);

}  // namespace pipeline_forecast
