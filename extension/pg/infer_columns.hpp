// The values of a query, handed to the inference of columns.
#pragma once

#include <string>
#include <vector>

#include "core/import/column_inference.hpp"

namespace pipeline_forecast::pg {

// Runs a query whose columns are texts and reads all its rows, one after the other.
[[nodiscard]] std::vector<ColumnInference> infer_columns(const std::string &query, std::size_t column_count);

}  // namespace pipeline_forecast::pg
