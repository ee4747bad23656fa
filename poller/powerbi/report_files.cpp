// The report that comes with the model: one page with the months ahead, the same by stage bucket, how good former
// forecasts were, and how the forecast moved from snapshot to snapshot.
#include <fmt/format.h>

#include <vector>

#include "poller/powerbi/documents.hpp"
#include "poller/powerbi/project_files.hpp"

namespace poller::powerbi {
namespace {

using json = nlohmann::ordered_json;

struct FieldName {
    std::string table;
    std::string name;
    bool is_measure = false;
};

// The fields of a visual in one of its roles: "Category", "Y", "Rows" …
struct Role {
    std::string name;
    std::vector<FieldName> fields;
};

struct Visual {
    std::string name;
    std::string type;
    std::string title;
    int x, y, width, height;
    std::vector<Role> roles;
    // A column that the visual shows one value of.
    std::string only_table = {}, only_column = {}, only_value = {};
};

[[nodiscard]] FieldName column(std::string table, std::string name) {
    return {std::move(table), std::move(name), false};
}
[[nodiscard]] FieldName measure(std::string table, std::string name) {
    return {std::move(table), std::move(name), true};
}

[[nodiscard]] json literal(const std::string &text) { return {{"expr", {{"Literal", {{"Value", text}}}}}}; }

[[nodiscard]] json reference(const FieldName &field, const json &source) {
    return {
        {field.is_measure ? "Measure" : "Column", {{"Expression", {{"SourceRef", source}}}, {"Property", field.name}}}};
}

[[nodiscard]] json query_of(const Visual &visual) {
    json state = json::object();
    for (const Role &role : visual.roles) {
        json projections = json::array();
        for (const FieldName &field : role.fields) {
            projections.push_back({{"field", reference(field, {{"Entity", field.table}})},
                                   {"queryRef", fmt::format("{}.{}", field.table, field.name)},
                                   {"nativeQueryRef", field.name}});
        }
        state[role.name] = {{"projections", std::move(projections)}};
    }
    return {{"queryState", std::move(state)}};
}

[[nodiscard]] json filter_of(const Visual &visual) {
    const FieldName field = column(visual.only_table, visual.only_column);
    const json values =
        json::array({json::array({{{"Literal", {{"Value", fmt::format("'{}'", visual.only_value)}}}}})});
    const json condition = {
        {"In", {{"Expressions", json::array({reference(field, {{"Source", "t"}})})}, {"Values", values}}}};
    const json filter = {
        {"Version", 2},
        {"From", json::array({{{"Name", "t"}, {"Entity", visual.only_table}, {"Type", 0}}})},
        {"Where", json::array({{{"Condition", condition}}})},
    };
    return {{"filters", json::array({{{"name", fmt::format("{}_only", visual.name)},
                                      {"field", reference(field, {{"Entity", visual.only_table}})},
                                      {"type", "Categorical"},
                                      {"filter", filter}}})}};
}

[[nodiscard]] std::string visual_file(const Visual &visual, int order) {
    json content = {
        {"$schema", schema("item/report/definition/visualContainer/1.0.0")},
        {"name", visual.name},
        {"position",
         {{"x", visual.x},
          {"y", visual.y},
          {"z", order * 1000},
          {"width", visual.width},
          {"height", visual.height},
          {"tabOrder", order * 1000}}},
        {"visual",
         {{"visualType", visual.type},
          {"query", query_of(visual)},
          {"visualContainerObjects",
           {{"title",
             json::array({{{"properties",
                            {{"show", literal("true")}, {"text", literal(fmt::format("'{}'", visual.title))}}}}})}}},
          {"drillFilterOtherVisuals", true}}},
    };
    if (!visual.only_column.empty()) {
        content["filterConfig"] = filter_of(visual);
    }
    return document(content);
}

[[nodiscard]] const std::vector<Visual> &visuals() {
    const FieldName month = column("Date", "Month label");
    static const std::vector<Visual> kVisuals = {
        {.name = "months",
         .type = "lineClusteredColumnComboChart",
         .title = "The twelve months ahead",
         .x = 16,
         .y = 16,
         .width = 820,
         .height = 336,
         .roles = {{"Category", {month}},
                   {"Y", {measure("Forecast", "Committed")}},
                   {"Y2",
                    {measure("Forecast", "Expected"), measure("Forecast", "Worst case"),
                     measure("Forecast", "Best case")}}}},
        {.name = "buckets",
         .type = "pivotTable",
         .title = "Expected value by month and stage bucket",
         .x = 852,
         .y = 16,
         .width = 412,
         .height = 688,
         .roles = {{"Rows", {month}},
                   {"Columns", {column("Forecast", "Stage bucket")}},
                   {"Values", {measure("Forecast", "Expected")}}}},
        {.name = "accuracy",
         .type = "tableEx",
         .title = "How good former forecasts were, by months ahead",
         .x = 16,
         .y = 368,
         .width = 402,
         .height = 336,
         .roles = {{"Values",
                    {column("Accuracy", "Horizon"), measure("Accuracy", "WAPE of months"),
                     measure("Accuracy", "Forecast bias"), measure("Accuracy", "Months within band"),
                     measure("Accuracy", "Skill against mean")}}},
         .only_table = "Accuracy",
         .only_column = "Segment",
         .only_value = "total"},
        {.name = "drift",
         .type = "lineChart",
         .title = "How the forecast moved from snapshot to snapshot",
         .x = 434,
         .y = 368,
         .width = 402,
         .height = 336,
         .roles = {{"Category", {column("Snapshot date", "Snapshot date")}},
                   {"Y",
                    {measure("Forecast history", "Expected at snapshot"),
                     measure("Forecast history", "Committed at snapshot")}}}},
    };
    return kVisuals;
}

}  // namespace

Files report_files() {
    const std::string folder = fmt::format("{}.Report/", kProject);
    constexpr std::string_view kPage = "first";
    Files files;
    files[folder + "definition.pbir"] =
        document({{"$schema", schema("item/report/definitionProperties/2.0.0")},
                  {"version", "4.0"},
                  {"datasetReference", {{"byPath", {{"path", fmt::format("../{}.SemanticModel", kProject)}}}}}});
    files[folder + "definition/version.json"] =
        document({{"$schema", schema("item/report/definition/versionMetadata/1.0.0")}, {"version", "2.0.0"}});
    files[folder + "definition/report.json"] = document(
        {{"$schema", schema("item/report/definition/report/1.0.0")},
         {"layoutOptimization", "None"},
         {"themeCollection",
          {{"baseTheme", {{"name", "CY24SU10"}, {"reportVersionAtImport", "5.61"}, {"type", "SharedResources"}}}}}});
    files[folder + "definition/pages/pages.json"] =
        document({{"$schema", schema("item/report/definition/pagesMetadata/1.0.0")},
                  {"pageOrder", json::array({kPage})},
                  {"activePageName", kPage}});
    files[fmt::format("{}definition/pages/{}/page.json", folder, kPage)] =
        document({{"$schema", schema("item/report/definition/page/1.0.0")},
                  {"name", kPage},
                  {"displayName", "Forecast"},
                  {"displayOption", "FitToPage"},
                  {"height", 720},
                  {"width", 1280}});
    int order = 0;
    for (const Visual &visual : visuals()) {
        files[fmt::format("{}definition/pages/{}/visuals/{}/visual.json", folder, kPage, visual.name)] =
            visual_file(visual, order++);
    }
    return files;
}

}  // namespace poller::powerbi
