// pipeline-poller config: the settings in force, each with where it came from.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

#include "poller/cli/command_line.hpp"
#include "poller/cli/commands.hpp"

namespace poller::cli {
namespace {

// Read by libpq itself, for what DATABASE_URL leaves open.
constexpr std::array<const char *, 8> kLibpqVariables = {"PGHOST",     "PGPORT",    "PGDATABASE", "PGUSER",
                                                         "PGPASSWORD", "PGSERVICE", "PGSSLMODE",  "PGPASSFILE"};

struct Line {
    std::string name;
    std::string value;
    std::string source;
    std::string meaning;
    bool reloadable;
};

[[nodiscard]] std::vector<Line> lines_of(const Configuration &configuration) {
    std::vector<Line> lines;
    for (const SettingInForce &setting : configuration.in_force) {
        lines.push_back({std::string(setting.rule->name), setting.shown(), setting.source,
                         std::string(setting.rule->meaning), setting.rule->change == SettingRule::Change::kReload});
    }
    for (const char *name : kLibpqVariables) {
        if (const char *value = std::getenv(name); value != nullptr && *value != '\0') {
            const bool secret = std::string_view(name) == "PGPASSWORD";
            lines.push_back({name, secret ? "***" : value, "environment", "read by libpq", false});
        }
    }
    return lines;
}

void print_json(const std::vector<Line> &lines, const std::vector<std::string> &warnings) {
    nlohmann::ordered_json settings = nlohmann::ordered_json::array();
    for (const Line &line : lines) {
        settings.push_back(
            {{"name", line.name},
             {"value", line.value.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(line.value)},
             {"source", line.source},
             {"meaning", line.meaning},
             {"reloadable", line.reloadable}});
    }
    const nlohmann::ordered_json document = {{"settings", settings}, {"warnings", warnings}};
    fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void print_text(const std::vector<Line> &lines) {
    for (const Line &line : lines) {
        fmt::print("{:<33} {:<40} {}\n{:33}   {}{}\n", line.name, line.value.empty() ? "-" : line.value, line.source,
                   "", line.meaning, line.reloadable ? " (SIGHUP)" : "");
    }
}

}  // namespace

void add_config(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand("config", "Print the settings in force and where each came from");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "as JSON");
    command->callback([&line, json] {
        line.chosen = [&line, json] {
            const Configuration configuration = line.context.configuration();
            const std::vector<Line> lines = lines_of(configuration);
            if (*json) {
                print_json(lines, configuration.warnings);
            } else {
                print_text(lines);
            }
            return 0;
        };
    });
}

}  // namespace poller::cli
