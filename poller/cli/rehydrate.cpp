// pipeline-poller rehydrate delta|recent|full|reconcile|PROJECT...: reads from monday.com now, and shows how far it is.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>

#include "poller/cli/commands.hpp"
#include "poller/cli/outside.hpp"
#include "poller/cli/progress.hpp"
#include "poller/cli/table.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/monday/flows/scheduled.hpp"

namespace poller::cli {
namespace {

using monday::flows::ScheduledFlow;

constexpr const char *kTrigger = "command line";

struct RehydrateOptions {
    std::vector<std::string> what;
    std::optional<int> days_back;
    bool json = false;
};

// One bar for each board.
class BoardProgress {
public:
    void show(const monday::Progress &progress) {
        if (!bar_ || board_ != progress.board) {
            bar_.reset();
            board_ = progress.board;
            bar_.emplace("Reading " + (board_.empty() ? "projects" : board_),
                         static_cast<std::uint64_t>(progress.total.value_or(0)));
        }
        bar_->show(static_cast<std::uint64_t>(progress.items));
    }

private:
    std::string board_;
    std::optional<Progress> bar_;
};

// By the name of its job, which may go without "rehydrate_".
[[nodiscard]] const ScheduledFlow *flow_named(std::string_view what) {
    const auto flows = monday::flows::scheduled_flows();
    const auto found = std::ranges::find_if(flows, [what](const ScheduledFlow &flow) {
        return flow.name == what || flow.name == fmt::format("rehydrate_{}", what);
    });
    return found == flows.end() ? nullptr : &*found;
}

awaitable<void> read(monday::Flow &flow, const RehydrateOptions &options) {
    if (const ScheduledFlow *named = flow_named(options.what.front())) {
        co_await named->read(flow, named->name, options.days_back.value_or(named->days_back));
    } else {
        co_await monday::flows::read_projects(flow, options.what);
    }
}

awaitable<int> rehydrate(jobs::Services services, std::shared_ptr<RehydrateOptions> options) {
    const db::Result before = co_await services.database.query("SELECT coalesce(max(id), 0) FROM sync_log");
    const std::int64_t newest = before[0][0].integer();
    monday::Budget budget(services.database);
    monday::Client client(services.http, budget, monday::account_of(services.settings), jobs::kPatienceOfFlows);
    BoardProgress progress;
    monday::Flow flow{services.database, client, kTrigger,
                      [&](const monday::Progress &state) { progress.show(state); }};
    std::exception_ptr failure;
    try {
        co_await read(flow, *options);
    } catch (...) {
        failure = std::current_exception();
    }
    // What was read before an error stays read, and is shown.
    const db::Result runs = co_await services.database.query(
        "SELECT coalesce(board_name, 'projects') AS board, status, items_processed AS items, items_created AS created,"
        " items_updated AS updated, items_deleted AS deleted, items_rejected AS rejected, api_calls AS calls"
        " FROM sync_log WHERE id > $1 AND trigger = $2 ORDER BY id",
        db::params(newest, kTrigger));
    fmt::print("{}", options->json ? json_rows(runs) : text_table(runs));
    if (failure) std::rethrow_exception(failure);
    co_return 0;
}

}  // namespace

void add_rehydrate(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand("rehydrate", "Read from monday.com now");
    auto options = std::make_shared<RehydrateOptions>();
    command
        ->add_option("WHAT", options->what,
                     "delta (last days), recent (broader, with deletes and moves), full, reconcile, or ids of projects")
        ->required();
    command->add_option("--days-back", options->days_back, "days that delta (3) and recent (14) look back")
        ->check(CLI::Range(0, monday::flows::kMostDaysBack));
    command->add_flag("--json", options->json, "counts as JSON");
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_services(line.context,
                                 [options](jobs::Services services) { return rehydrate(services, options); });
        };
    });
}

}  // namespace poller::cli
