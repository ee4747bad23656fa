// pipeline-poller powerbi export DIR: a data source and a project of Power BI that fit the connected database. Tables,
// columns, types and descriptions come from its catalog.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/text_file.hpp"
#include "poller/db/conninfo.hpp"
#include "poller/errors.hpp"
#include "poller/powerbi/foreign_parts.hpp"
#include "poller/powerbi/forecast_model.hpp"
#include "poller/powerbi/project_files.hpp"
#include "poller/powerbi/tmdl.hpp"

namespace poller::cli {
namespace {

namespace fs = std::filesystem;

struct PowerBiOptions {
    std::string folder;
    std::optional<std::string> server;
    bool json = false;
};

// Empty where there is no such file.
[[nodiscard]] std::string present_text(const fs::path &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// An empty folder, none, or one that holds a model of this command. ConfigError for any other.
void require_own_folder(const fs::path &folder) {
    std::error_code failure;
    if (!fs::exists(folder, failure)) {
        return;
    }
    if (!fs::is_directory(folder, failure)) {
        throw ConfigError(fmt::format("\"{}\" is not a folder", folder.string()));
    }
    const std::string model = present_text(folder / powerbi::kModelFile);
    if (!fs::is_empty(folder) && model.find(powerbi::kOwnModel) == std::string::npos) {
        throw ConfigError(
            fmt::format("folder \"{}\" is not empty and holds no model that this command wrote", folder.string()),
            {"", "", "Name an empty or a new folder."});
    }
}

[[nodiscard]] awaitable<std::vector<powerbi::View>> read_views(db::Connection &database, std::string_view schema) {
    const db::Result rows = co_await database.execute(
        "SELECT c.relname AS view, obj_description(c.oid, 'pg_class') AS view_comment, a.attname AS name,"
        " format_type(a.atttypid, a.atttypmod) AS type, col_description(c.oid, a.attnum) AS comment"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'v' AND c.relname = ANY ($2)"
        " ORDER BY c.relname, a.attnum",
        db::params(schema, powerbi::forecast_views()));
    std::vector<powerbi::View> views;
    for (const db::Row row : rows) {
        if (views.empty() || views.back().name != row["view"].text()) {
            views.push_back({std::string(row["view"].text()), std::string(row["view_comment"].text()), {}});
        }
        views.back().columns.push_back(
            {std::string(row["name"].text()), std::string(row["type"].text()), std::string(row["comment"].text())});
    }
    co_return views;
}

[[nodiscard]] awaitable<int> export_model(db::Connection &database, const PowerBiOptions &options,
                                          const db::Address &address) {
    const fs::path folder = options.folder;
    require_own_folder(folder);
    const db::Result place = co_await database.execute(
        "SELECT current_database() AS database, extnamespace::regnamespace::text AS quoted, n.nspname AS schema,"
        " (pipeline_forecast_month(pipeline_today()) - interval '1 month')::date AS first_day,"
        " (pipeline_forecast_month(pipeline_today()) + interval '1 month')::date AS last_day"
        " FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pipeline_forecast'");
    const std::string server = options.server.value_or(fmt::format("{}:{}", address.host, address.port));
    const powerbi::Source source{server, std::string(place[0]["database"].text()),
                                 std::string(place[0]["schema"].text()), std::string(place[0]["first_day"].text()),
                                 std::string(place[0]["last_day"].text())};
    const auto views = co_await read_views(database, place[0]["quoted"].text());
    powerbi::Files files = powerbi::model_files(powerbi::forecast_model(views), source);
    // A report that is there may have been designed by somebody.
    if (!fs::exists(folder / fmt::format("{}.Report", powerbi::kProject))) {
        files.merge(powerbi::report_files());
    }
    for (auto &[name, text] : files) {
        if (name.ends_with(".tmdl")) {
            text = powerbi::with_foreign_parts(text, present_text(folder / name));
        }
    }
    for (const auto &[name, text] : files) {
        const fs::path file = folder / name;
        std::error_code failure;
        fs::create_directories(file.parent_path(), failure);
        if (failure) {
            throw PermanentError(
                fmt::format("could not make folder \"{}\": {}", file.parent_path().string(), failure.message()));
        }
        write_file(file, text);
    }
    if (options.json) {
        nlohmann::ordered_json document = {{"folder", folder.string()}, {"server", server}};
        for (const auto &[name, text] : files) {
            document["files"].push_back(name);
        }
        fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
        co_return 0;
    }
    fmt::print("wrote {} files to {}: open {}.pbip in Power BI Desktop, or {}.pbids for the views alone\n",
               files.size(), folder.string(), powerbi::kProject, powerbi::kProject);
    if (server.starts_with("localhost:")) {
        fmt::print("The server is {}: with Power BI on another machine, give its name with --server.\n", server);
    }
    co_return 0;
}

}  // namespace

void add_powerbi(CommandLine &line) {
    CLI::App *powerbi = line.program.add_subcommand("powerbi", "Prepare reports in Power BI");
    powerbi->require_subcommand(1);
    CLI::App *command = powerbi->add_subcommand("export", "Write a data source (PBIDS) and a semantic model (PBIP)");
    auto options = std::make_shared<PowerBiOptions>();
    command->add_option("DIR", options->folder, "a new or empty folder, or one written by this command")->required();
    command
        ->add_option("--server", options->server, "how Power BI reaches the database; as this program does if left out")
        ->type_name("HOST[:PORT]")
        ->check([](const std::string &server) { return db::server_problem(server).value_or(""); });
    command->add_flag("--json", options->json, "what was written, as JSON");
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            const db::Address address = db::conninfo_address(line.context.configuration().settings.database_url);
            return with_database(line.context, [options, address](db::Connection &database) {
                return export_model(database, *options, address);
            });
        };
    });
}

}  // namespace poller::cli
