// An analysis in the forms that leave the core: what is stored, and what tells whether it changed. Its
// explanation is in core/analysis_explanation.hpp.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/analysis/engine.hpp"
#include "core/fingerprint.hpp"
#include "core/fixed_point.hpp"

namespace pipeline_forecast {

inline constexpr std::string_view kAnalysisVersion = "v0.2";

// Rounded half away from zero to the five decimals that are stored; rate within [0, 1].
[[nodiscard]] Rate stored_rate(double rate);

// "account,type,category,product_type", or fewer; empty for the whole pipeline.
[[nodiscard]] std::string filter_names(analysis::FieldSet fields);

// "account = A, type = T", the fields of the filter with the project's values; empty for the whole pipeline.
[[nodiscard]] std::string filter_text(const analysis::ProjectRow &project, analysis::FieldSet fields);

// So many of the 32 digits of an input_hash change with the project alone.
inline constexpr std::size_t kOwnDigits = 16;

// Changes when the project's own facts (given by `own`), its segment or any number changes. Its first kOwnDigits change
// only with the project's own facts, and with what it is compared by.
[[nodiscard]] std::string input_hash(Fingerprint own, const analysis::Analysis &found);

// Counts, weighted sums, rates (unrounded) and durations of the project's segment.
[[nodiscard]] nlohmann::json segment_statistics(const analysis::ProjectRow &project, const analysis::Analysis &found);

}  // namespace pipeline_forecast
