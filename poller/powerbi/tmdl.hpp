// A model as TMDL, the text form of Power BI's semantic models: indented by tabs, one object a file or a paragraph.
#pragma once

#include <string>

#include "poller/powerbi/model.hpp"

namespace poller::powerbi {

[[nodiscard]] std::string database_tmdl();
// What makes up the model; it names the command that wrote it, by which that command knows its own.
[[nodiscard]] std::string model_tmdl(const Model &model);
// The parameters that the queries of all tables share.
[[nodiscard]] std::string expressions_tmdl(const Source &source);
[[nodiscard]] std::string relationships_tmdl(const Model &model);
[[nodiscard]] std::string table_tmdl(const Table &table, const Source &source);

// The line of model_tmdl() by which a model is known to be of this command.
inline constexpr std::string_view kOwnModel = "annotation WrittenBy = pipeline-poller powerbi export";

}  // namespace poller::powerbi
