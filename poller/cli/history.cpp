// pipeline-poller history: the past of projects from the activity logs of monday.com.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <exception>
#include <memory>
#include <optional>

#include "poller/cli/commands.hpp"
#include "poller/cli/outside.hpp"
#include "poller/cli/progress.hpp"
#include "poller/cli/table.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/monday/flows/flows.hpp"

namespace poller::cli {
namespace {

constexpr const char *kHistoryTrigger = "command line";
// Of a board; where there are fewer, the bar is done early.
constexpr std::uint64_t kMostEntriesOfALog = 10'000;

struct HistoryOptions {
    std::string since;
    bool json = false;
};

// One bar for each log, then one for the items.
class HistoryProgress {
public:
    void show(const monday::Progress &progress) {
        if (!bar_ || name_ != progress.board) {
            bar_.reset();
            name_ = progress.board;
            bar_.emplace("History of " + name_, kMostEntriesOfALog);
        }
        bar_->show(static_cast<std::uint64_t>(progress.items));
    }

private:
    std::string name_;
    std::optional<Progress> bar_;
};

awaitable<void> show_runs(db::Pool &database, std::int64_t newest, bool json) {
    const db::Result runs = co_await database.query(
        "SELECT coalesce(l.board_name, 'the past of projects') AS read, l.status, l.items_processed AS entries,"
        " l.items_rejected AS unreadable, l.api_calls AS calls,"
        " l.metadata->>'projects_with_a_past' AS projects, l.metadata->>'versions_written' AS versions,"
        " l.metadata->>'items_walked' AS items, l.metadata->>'items_unknown_before' AS cut_off,"
        " l.metadata->>'contradictions' AS contradictions, l.metadata->>'values_refused' AS refused"
        " FROM sync_log l WHERE l.id > $1 AND l.trigger = $2 AND l.sync_type = 'history' ORDER BY l.id",
        db::params(newest, kHistoryTrigger));
    fmt::print("{}", json ? json_rows(runs) : text_table(runs));
}

awaitable<int> history(jobs::Services services, std::shared_ptr<HistoryOptions> options) {
    const db::Result before = co_await services.database.query("SELECT coalesce(max(id), 0) FROM sync_log");
    const std::int64_t newest = before[0][0].integer();
    // A day that is none is refused before anything is asked of monday.com.
    co_await services.database.query("SELECT nullif($1, '')::date", db::params(options->since));
    monday::Budget budget(services.database);
    monday::Client client(services.http, budget, monday::account_of(services.settings), jobs::kPatienceOfFlows);
    HistoryProgress progress;
    monday::Flow flow{services.database, client, kHistoryTrigger,
                      [&](const monday::Progress &state) { progress.show(state); }};
    std::exception_ptr failure;
    try {
        co_await monday::flows::read_history(flow, options->since);
    } catch (...) {
        failure = std::current_exception();
    }
    co_await show_runs(services.database, newest, options->json);
    if (failure) std::rethrow_exception(failure);
    co_return 0;
}

}  // namespace

void add_history(CommandLine &line) {
    CLI::App *command =
        line.program.add_subcommand("history", "Give projects their past, from the activity logs of monday.com");
    auto options = std::make_shared<HistoryOptions>();
    command->add_option("--since", options->since, "no further back than this day (default: as far as the logs reach)")
        ->type_name("DATE");
    command->add_flag("--json", options->json, "counts as JSON");
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_services(line.context,
                                 [options](jobs::Services services) { return history(services, options); });
        };
    });
}

}  // namespace poller::cli
