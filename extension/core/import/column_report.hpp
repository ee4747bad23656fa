// What was found in a column, in words and values for those who write a mapping.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/import/column_inference.hpp"

namespace pipeline_forecast {

// What a value means in each of several formats: "03/04/2026 is 2026-04-03 as DD/MM/YYYY".
[[nodiscard]] std::vector<std::string> day_readings(const DayFinding &found);
[[nodiscard]] std::vector<std::string> number_readings(const NumberFinding &found);

// The columns of infer_import_columns() by their names.
[[nodiscard]] nlohmann::json column_report(const ColumnFinding &found);

// The decimal mark that all columns agree on whose values tell it; columns that are no texts in the source are written
// by the server, and say nothing of the file.
[[nodiscard]] std::optional<char> mark_of_file(const std::vector<ColumnInference> &columns,
                                               const std::vector<bool> &is_text);

}  // namespace pipeline_forecast
