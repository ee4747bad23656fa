// The format in which one text of a mapping is read: what is stated, and what all its values tell of the rest.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/import/column_inference.hpp"
#include "core/import_plan.hpp"

namespace pipeline_forecast {

// A day or a number of the source, of which the mapping does not say everything.
[[nodiscard]] bool needs_values(const Reading &reading);

// As FieldReader takes it. Throws InputError where the values do not tell: 22007 of days, 22P02 of numbers, 22023 of
// amounts in several currencies; the hint says what to write into the mapping.
[[nodiscard]] std::string choose_format(const Reading &reading, const ColumnInference &values,
                                        std::optional<char> mark_of_file);

// The choice for those who ask: {"field", "column", "kind", "format" | "decimal_mark" ..., "evidence"}.
[[nodiscard]] nlohmann::json chosen_report(const Reading &reading, const std::string &format,
                                           const ColumnInference &values);

}  // namespace pipeline_forecast
