#include "poller/powerbi/project_files.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "poller/powerbi/documents.hpp"
#include "poller/powerbi/tmdl.hpp"

namespace poller::powerbi {
namespace {

using json = nlohmann::ordered_json;

[[nodiscard]] std::string data_source(const Source &source) {
    return document(
        {{"version", "0.1"},
         {"connections", json::array({{{"details",
                                        {{"protocol", "postgresql"},
                                         {"address", {{"server", source.server}, {"database", source.database}}}}},
                                       {"options", json::object()},
                                       {"mode", "Import"}}})}});
}

[[nodiscard]] std::string file_name(std::string name) {
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
}

}  // namespace

Files model_files(const Model &model, const Source &source) {
    Files files;
    files[fmt::format("{}.pbids", kProject)] = data_source(source);
    files[fmt::format("{}.pbip", kProject)] =
        document({{"$schema", schema("pbip/pbipProperties/1.0.0")},
                  {"version", "1.0"},
                  {"artifacts", json::array({{{"report", {{"path", fmt::format("{}.Report", kProject)}}}}})},
                  {"settings", {{"enableAutoRecovery", true}}}});
    const std::string folder = fmt::format("{}.SemanticModel/", kProject);
    files[folder + "definition.pbism"] = document({{"$schema", schema("item/semanticModel/definitionProperties/1.0.0")},
                                                   {"version", "4.2"},
                                                   {"settings", json::object()}});
    files[folder + "definition/database.tmdl"] = database_tmdl();
    files[std::string(kModelFile)] = model_tmdl(model);
    files[folder + "definition/expressions.tmdl"] = expressions_tmdl(source);
    files[folder + "definition/relationships.tmdl"] = relationships_tmdl(model);
    for (const Table &table : model.tables) {
        files[fmt::format("{}definition/tables/{}.tmdl", folder, file_name(table.name))] = table_tmdl(table, source);
    }
    return files;
}

}  // namespace poller::powerbi
