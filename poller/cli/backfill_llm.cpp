// pipeline-poller backfill-llm: gets analyses explained that have no explanation yet, one after the other. What is
// explained drops out, so a further call goes on where one ended.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>

#include "poller/async/sleep.hpp"
#include "poller/cli/commands.hpp"
#include "poller/cli/outside.hpp"
#include "poller/cli/progress.hpp"
#include "poller/cli/table.hpp"
#include "poller/errors.hpp"
#include "poller/llm/explainer.hpp"
#include "poller/llm/service.hpp"

namespace poller::cli {
namespace {

// A wait that is longer than a person's patience ends the command.
constexpr std::chrono::milliseconds kPatience = std::chrono::minutes{2};

struct LlmBackfillOptions {
    int since = 7;
    int limit = 1000;
    double throttle = 0.35;
    bool force = false;
    bool dry_run = false;
    bool json = false;
};

enum class Step { kDone, kFailed, kStop };

struct Tally {
    std::map<std::string, int> results;
    std::string stopped;  // why it ended early
};

// One project, with as much patience as a person has.
awaitable<Step> explain(llm::Explainer &explainer, const std::string &project, bool force, Tally &tally) {
    for (;;) {
        std::chrono::milliseconds wait{0};
        try {
            ++tally.results[co_await explainer.explain(project, force)];
            co_return Step::kDone;
        } catch (const WaitError &error) {
            wait = error.wait();
            tally.stopped = error.what();
        } catch (const PermanentError &error) {
            ++tally.results[error.what()];
            co_return Step::kFailed;
        }
        if (wait > kPatience) co_return Step::kStop;
        co_await sleep_for(wait);
        tally.stopped.clear();
    }
}

void print_tally(const Tally &tally, bool as_json) {
    if (as_json) {
        nlohmann::ordered_json document{{"results", tally.results}};
        if (!tally.stopped.empty()) document["stopped"] = tally.stopped;
        fmt::print("{}\n", document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
        return;
    }
    for (const auto &[result, count] : tally.results) fmt::print("{:6}  {}\n", count, result);
    if (!tally.stopped.empty()) fmt::print("stopped: {}\n", tally.stopped);
}

awaitable<int> backfill(jobs::Services services, std::shared_ptr<LlmBackfillOptions> options) {
    const auto service = llm::configured_service(services.settings);
    if (!service && !options->dry_run) {
        throw ConfigError("no language model is configured",
                          {"", "", "Set GEMINI_API_KEY and GEMINI_MODEL, or those of OPENAI or ANTHROPIC."});
    }
    const db::Result candidates = co_await services.database.query(
        "SELECT project_id AS project, attempts, reason FROM llm_backfill_candidates(make_interval(days => $1), $2, "
        "$3)",
        db::params(options->since, options->limit, options->force));
    if (options->dry_run) {
        fmt::print("{}", options->json ? json_rows(candidates) : text_table(candidates));
        co_return 0;
    }
    llm::Explainer explainer(services.database, services.http, *service);
    Progress progress("Explaining", static_cast<std::uint64_t>(candidates.size()));
    Tally tally;
    bool failed = false;
    for (int place = 0; place < candidates.size(); ++place) {
        if (place > 0) co_await sleep_for(std::chrono::milliseconds{static_cast<int>(options->throttle * 1000)});
        const Step step = co_await explain(explainer, std::string{candidates[place][0].text()}, options->force, tally);
        failed = failed || step != Step::kDone;
        if (step == Step::kStop) break;
        progress.show(static_cast<std::uint64_t>(place) + 1);
    }
    progress.finish();
    print_tally(tally, options->json);
    co_return failed ? 1 : 0;
}

}  // namespace

void add_backfill_llm(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand(
        "backfill-llm", "Get analyses explained by the language model that have no explanation");
    auto options = std::make_shared<LlmBackfillOptions>();
    command->add_option("--since", options->since, "projects created or analysed anew within so many days (7)")
        ->check(CLI::Range(0, 36500));
    command->add_option("--limit", options->limit, "at most so many projects (1000)")->check(CLI::NonNegativeNumber);
    command->add_option("--throttle", options->throttle, "seconds between two projects (0.35)")
        ->check(CLI::Range(0.0, 3600.0));
    command->add_flag("--force", options->force, "explained ones and those that were given up, too");
    command->add_flag("--dry-run", options->dry_run, "say which projects, and ask nobody");
    command->add_flag("--json", options->json, "as JSON");
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_services(line.context,
                                 [options](jobs::Services services) { return backfill(services, options); });
        };
    });
}

}  // namespace poller::cli
