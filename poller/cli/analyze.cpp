// pipeline-poller analyze PROJECT...|--all: analyses projects now. The rules are the database's; what then differs on
// their items is enqueued.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/table.hpp"

namespace poller::cli {
namespace {

struct AnalyzeOptions {
    std::vector<std::string> projects;
    bool all = false;
    bool json = false;
};

awaitable<int> analyze(db::Connection &database, std::shared_ptr<AnalyzeOptions> options) {
    std::optional<std::vector<std::string>> projects;
    if (!options->all) {
        projects = options->projects;
        // Named by a person, an unknown one is a mistake.
        const db::Result unknown = co_await database.execute(
            "SELECT raise_unknown_project(n.id) FROM unnest($1::text[]) AS n (id)"
            " WHERE NOT EXISTS (SELECT FROM projects p WHERE p.monday_id = n.id AND p.state = 'active')",
            db::params(*projects));
    }
    const db::Result counts = co_await database.execute(
        "SELECT analysed AS changed, pushes AS pushes_enqueued FROM analyze_and_enqueue_pushes($1)",
        db::params(projects));
    fmt::print("{}", options->json ? json_rows(counts) : text_table(counts));
    co_return 0;
}

}  // namespace

void add_analyze(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand("analyze", "Analyse projects now");
    auto options = std::make_shared<AnalyzeOptions>();
    CLI::Option *projects = command->add_option("PROJECT", options->projects, "ids of projects");
    command->add_flag("--all", options->all, "every project")->excludes(projects);
    command->add_flag("--json", options->json, "counts as JSON");
    command->callback([&line, options] {
        if (options->projects.empty() && !options->all) throw CLI::RequiredError("PROJECT or --all");
        line.chosen = [&line, options] {
            return with_database(line.context,
                                 [options](db::Connection &database) { return analyze(database, options); });
        };
    });
}

}  // namespace poller::cli
