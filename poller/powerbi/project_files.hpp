// The files of a Power BI project (PBIP) and of a data source (PBIDS) for a model.
#pragma once

#include <map>
#include <string>

#include "poller/powerbi/model.hpp"

namespace poller::powerbi {

inline constexpr std::string_view kProject = "PipelineForecast";
// Relative to the folder of the project.
inline constexpr std::string_view kModelFile = "PipelineForecast.SemanticModel/definition/model.tmdl";

// Relative path to text. No file holds a user name or a password: Power BI asks for them.
using Files = std::map<std::string, std::string>;

// The data source, the project and its semantic model: written anew by each export.
[[nodiscard]] Files model_files(const Model &model, const Source &source);
// A report on the model with one page. It belongs to whoever goes on designing it, and is written once.
[[nodiscard]] Files report_files();

}  // namespace poller::powerbi
