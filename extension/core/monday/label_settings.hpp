// The labels of a status or dropdown column, from the settings that the API gives of it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <vector>

#include "core/monday/column.hpp"
#include "core/recognition/stage_words.hpp"

namespace pipeline_forecast::monday {

// `settings` is the object, or the text that holds it (settings_str); labels are an object of ids and texts or a list
// of {id, label or name}. Any JSON is read; what is no label is left out.
[[nodiscard]] Labels read_label_settings(const nlohmann::json &settings);

// The labels of a status column in the order in which people see them, without those that are out of use, and whether
// the board counts each as the end of the work. Blank ones are left out.
[[nodiscard]] std::vector<StageLabel> read_stage_labels(const nlohmann::json &settings);

}  // namespace pipeline_forecast::monday
