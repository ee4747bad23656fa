// pipeline-poller import FILE.csv --map FILE.json: projects from a file. The mapping and its rules are the database's
// (import_projects); this brings the file there and says what came of it.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <memory>

#include "poller/cli/commands.hpp"
#include "poller/cli/csv_file.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/progress.hpp"
#include "poller/cli/table.hpp"
#include "poller/errors.hpp"

namespace poller::cli {
namespace {

using nlohmann::json;

struct ImportOptions {
    std::string file;
    std::string mapping;
    bool json = false;
};

[[nodiscard]] json read_mapping(const std::string &path) {
    std::ifstream file(path);
    if (!file) {
        throw ConfigError(fmt::format("cannot read mapping file \"{}\"", path));
    }
    json mapping = json::parse(file, nullptr, false);
    if (mapping.is_discarded() || !mapping.is_object()) {
        throw ConfigError(fmt::format("mapping file \"{}\" does not hold a JSON object", path));
    }
    return mapping;
}

[[nodiscard]] std::string quoted_identifier(std::string_view name) {
    std::string text = "\"";
    for (const char character : name) {
        text += character == '"' ? "\"\"" : std::string(1, character);
    }
    return text + '"';
}

// A table of text columns that lives as long as the connection.
[[nodiscard]] awaitable<void> stage(db::Connection &database, const std::string &table, const std::string &path) {
    CsvFile file(path);
    std::string columns;
    for (const std::string &column : file.columns()) {
        columns += fmt::format("{}{} text", columns.empty() ? "" : ", ", quoted_identifier(column));
    }
    co_await database.execute(fmt::format("CREATE TEMP TABLE {} ({})", quoted_identifier(table), columns));
    Progress progress(fmt::format("Reading {}", std::filesystem::path(path).filename().string()), file.size());
    co_await database.copy_in(fmt::format("COPY pg_temp.{} FROM STDIN WITH (FORMAT csv)", quoted_identifier(table)),
                              [&] {
                                  const std::string_view chunk = file.next_chunk();
                                  progress.show(file.position());
                                  return chunk;
                              });
    progress.finish();
}

[[nodiscard]] awaitable<int> import(db::Connection &database, const ImportOptions &options) {
    const json mapping = read_mapping(options.mapping);
    co_await stage(database, "import", options.file);
    const json lookups = mapping.value("lookup_files", json::object());
    if (!lookups.is_object()) {
        throw ConfigError("\"lookup_files\" of the mapping is not an object of table to file");
    }
    for (const auto &[table, file] : lookups.items()) {
        if (!file.is_string()) {
            throw ConfigError(fmt::format("\"lookup_files\" names no file for table \"{}\"", table));
        }
        const auto folder = std::filesystem::path(options.file).parent_path();
        co_await stage(database, table, folder / file.get<std::string>());
    }
    const db::Result counts = co_await database.execute(
        "SELECT inserted, updated, unchanged, rejected FROM import_projects('pg_temp.import', $1::jsonb)",
        db::params(mapping.dump()));
    fmt::print("{}", options.json ? json_rows(counts) : text_table(counts));
    if (!options.json && counts[0]["rejected"].integer() > 0) {
        fmt::print("What was refused, and why: SELECT * FROM sync_reject ORDER BY id DESC;\n");
    }
    co_return 0;
}

}  // namespace

void add_import(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand("import", "Read projects from a CSV file through a mapping");
    auto options = std::make_shared<ImportOptions>();
    command->add_option("FILE", options->file, "CSV file with a head line, UTF-8")->required();
    command->add_option("--map", options->mapping, "JSON file: where each field of a project comes from")
        ->required()
        ->type_name("FILE");
    command->add_flag("--json", options->json, "counts as JSON");
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_database(line.context,
                                 [options](db::Connection &database) { return import(database, *options); });
        };
    });
}

}  // namespace poller::cli
