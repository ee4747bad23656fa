// pipeline-poller snapshot, cleanup-snapshots, refresh: what pg_cron does by itself, by hand.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/table.hpp"

namespace poller::cli {

void add_snapshot(CommandLine &line) {
    struct Options {
        std::optional<std::string> day;
        bool current_state = false;
        bool json = false;
    };
    CLI::App *command = line.program.add_subcommand("snapshot", "Store the forecast of a day");
    auto options = std::make_shared<Options>();
    command->add_option("--date", options->day, "YYYY-MM-DD; today (UTC) if left out")->type_name("DAY");
    command->add_flag("--current-state", options->current_state,
                      "for a day before history began: take the state of now, marked as such");
    command->add_flag("--json", options->json, "as JSON");
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_database(line.context, [options](db::Connection &database) -> awaitable<int> {
                const db::Result stored = co_await database.execute(
                    "SELECT coalesce($1::date, pipeline_today()) AS snapshot_date,"
                    " create_pipeline_forecast_snapshot(coalesce($1::date, pipeline_today()), $2) AS rows",
                    db::params(options->day, options->current_state));
                if (options->json) {
                    fmt::print("{}", json_rows(stored));
                } else {
                    fmt::print("snapshot of {}: {} rows\n", stored[0][0].text(), stored[0][1].integer());
                }
                co_return 0;
            });
        };
    });
}

void add_cleanup_snapshots(CommandLine &line) {
    struct Options {
        std::optional<int> days;
        bool accept_losses = false;
        bool json = false;
    };
    CLI::App *command = line.program.add_subcommand("cleanup-snapshots", "Remove the snapshots of expired days");
    auto options = std::make_shared<Options>();
    command->add_option("--retain-days", options->days, "a snapshot exactly this old is kept; the setting if left out")
        ->type_name("DAYS");
    command->add_flag("--accept-losses", options->accept_losses,
                      "remove more days at once than have passed since the last cleanup");
    command->add_flag("--json", options->json, "as JSON");
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_database(line.context, [options](db::Connection &database) -> awaitable<int> {
                const db::Result removed = co_await database.execute(
                    "SELECT cleanup_old_pipeline_forecast_snapshots($1::integer, $2) AS removed",
                    db::params(options->days, options->accept_losses));
                if (options->json) {
                    fmt::print("{}", json_rows(removed));
                } else {
                    fmt::print("removed {} rows\n", removed[0][0].integer());
                }
                co_return 0;
            });
        };
    });
}

void add_refresh(CommandLine &line) {
    struct Options {
        bool blocking = false;
        bool json = false;
    };
    CLI::App *command =
        line.program.add_subcommand("refresh", "Refresh the monthly forecast and the conversion metrics");
    auto options = std::make_shared<Options>();
    command->add_flag("--blocking", options->blocking, "faster, but readers wait");
    command->add_flag("--json", options->json, "as JSON");
    command->callback([&line, options] {
        line.chosen = [&line, options] {
            return with_database(line.context, [options](db::Connection &database) -> awaitable<int> {
                const db::Result refreshed = co_await database.execute("SELECT * FROM refresh_conversion_views(NOT $1)",
                                                                       db::params(options->blocking));
                fmt::print("{}", options->json ? json_rows(refreshed) : text_table(refreshed));
                for (const db::Row row : refreshed) {
                    if (row["outcome"].text() == "failed") {
                        co_return 1;
                    }
                }
                co_return 0;
            });
        };
    });
}

}  // namespace poller::cli
