// pipeline-poller push PROJECT...|--changed: writes numbers and comments to their items now.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

#include "poller/cli/commands.hpp"
#include "poller/cli/outside.hpp"
#include "poller/cli/progress.hpp"
#include "poller/errors.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/monday/push.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::cli {
namespace {

struct PushOptions {
    std::vector<std::string> projects;
    bool changed = false;
    int limit = 1000;
    bool dry_run = false;
    bool no_comment = false;
    bool json = false;
};

struct Result {
    std::string project;
    std::string text;
    bool failed = false;
};

awaitable<std::vector<std::string>> projects_of(db::Pool &database, const PushOptions &options) {
    if (!options.changed) co_return options.projects;
    const db::Result due =
        co_await database.query("SELECT project_id FROM monday_push_due($1)", db::params(options.limit));
    std::vector<std::string> projects;
    for (const db::Row row : due) projects.emplace_back(row[0].text());
    co_return projects;
}

void print_results(const std::vector<Result> &results, bool as_json) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Result &result : results) {
        if (as_json) {
            rows.push_back({{"project", result.project}, {"failed", result.failed}, {"result", result.text}});
        } else {
            fmt::print("{}  {}{}\n", result.project, result.failed ? "failed: " : "", result.text);
        }
    }
    if (as_json) fmt::print("{}\n", rows.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

awaitable<int> push(jobs::Services services, std::shared_ptr<PushOptions> options) {
    monday::Budget budget(services.database);
    monday::Client client(services.http, budget, monday::account_of(services.settings), jobs::kPatienceOfFlows);
    monday::PushOptions push_options;
    push_options.dry_run = options->dry_run || services.settings.monday_sync_dry_run;
    push_options.with_comment = !options->no_comment;

    const std::vector<std::string> projects = co_await projects_of(services.database, *options);
    Progress progress("Pushing", projects.size());
    std::vector<Result> results;
    bool failed = false;
    for (const std::string &project : projects) {
        Result result{project, {}};
        try {
            result.text = co_await monday::push_project(services.database, client, project, push_options);
        } catch (const WaitError &) {
            print_results(results, options->json);
            throw;
        } catch (const Error &error) {
            result.text = error.what();
            result.failed = true;
        }
        failed = failed || result.failed;
        results.push_back(std::move(result));
        progress.show(results.size());
    }
    progress.finish();
    print_results(results, options->json);
    co_return failed ? 1 : 0;
}

}  // namespace

void add_push(CommandLine &line) {
    CLI::App *command =
        line.program.add_subcommand("push", "Write numbers and comments to their items on monday.com now");
    auto options = std::make_shared<PushOptions>();
    CLI::Option *projects = command->add_option("PROJECT", options->projects, "ids of projects");
    CLI::Option *changed =
        command->add_flag("--changed", options->changed, "all whose item differs from what belongs there");
    changed->excludes(projects);
    command->add_option("--limit", options->limit, "with --changed: at most so many")
        ->check(CLI::NonNegativeNumber)
        ->needs(changed);
    command->add_flag("--dry-run", options->dry_run, "say what would be written, and write nothing");
    command->add_flag("--no-comment", options->no_comment, "numbers alone");
    command->add_flag("--json", options->json, "results as JSON");
    command->callback([&line, options] {
        if (options->projects.empty() && !options->changed) throw CLI::RequiredError("PROJECT or --changed");
        line.chosen = [&line, options] {
            return with_services(line.context, [options](jobs::Services services) { return push(services, options); });
        };
    });
}

}  // namespace poller::cli
