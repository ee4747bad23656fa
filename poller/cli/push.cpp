// pipeline-poller push PROJECT...|--changed: writes numbers and comments to their items now.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <memory>

#include "poller/cli/commands.hpp"
#include "poller/cli/outside.hpp"
#include "poller/cli/progress.hpp"
#include "poller/cli/push_preview.hpp"
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
    bool preview = false;
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

std::string reason_of(const std::exception_ptr &failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception &error) {
        return error.what();
    }
}

// As many as are written together at most, so that the bar moves.
constexpr std::size_t kProjectsAtOnce = 100;

awaitable<int> push(jobs::Services services, std::shared_ptr<PushOptions> options) {
    monday::Budget budget(services.database, monday::kLeftToReads);
    monday::Client client(services.http, budget, monday::account_of(services.settings), jobs::kPatienceOfFlows);
    const bool is_dry = options->dry_run || services.settings.monday_sync_dry_run;
    const monday::PushMode mode = is_dry ? monday::PushMode::kDryRun : monday::PushMode::kWrite;

    const std::vector<std::string> projects = co_await projects_of(services.database, *options);
    Progress progress("Pushing", projects.size());
    std::vector<Result> results;
    bool failed = false;
    for (std::size_t begin = 0; begin < projects.size(); begin += kProjectsAtOnce) {
        std::vector<monday::PushOrder> orders;
        for (std::size_t at = begin; at < std::min(begin + kProjectsAtOnce, projects.size()); ++at) {
            orders.push_back({projects[at], !options->no_comment, false});
        }
        const auto pushed = co_await monday::push_projects(services.database, client, std::move(orders), mode,
                                                           monday::turn_term(services.settings));
        for (const monday::PushResult &one : pushed) {
            Result result{one.project_id, one.failure ? reason_of(one.failure) : one.done, one.failure != nullptr};
            failed = failed || result.failed;
            results.push_back(std::move(result));
        }
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
    command
        ->add_flag("--preview", options->preview,
                   "say how much would be written, who is told of it, and what it takes of the day; write nothing")
        ->needs(changed);
    command->add_flag("--no-comment", options->no_comment, "numbers alone");
    command->add_flag("--json", options->json, "results as JSON");
    command->callback([&line, options] {
        if (options->projects.empty() && !options->changed) throw CLI::RequiredError("PROJECT or --changed");
        line.chosen = [&line, options] {
            return with_services(line.context, [options](jobs::Services services) {
                return options->preview ? preview_push(services, {options->limit, options->json})
                                        : push(services, options);
            });
        };
    });
}

}  // namespace poller::cli
