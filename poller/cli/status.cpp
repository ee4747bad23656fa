// pipeline-poller status: one screen that says whether all is well.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <string>

#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/table.hpp"

namespace poller::cli {
namespace {

struct Part {
    const char *name;
    const char *statement;
    const char *when_empty;
};

constexpr std::array<Part, 4> kParts = {{
    {"pipeline",
     "SELECT (SELECT count(*) FROM projects WHERE state = 'active') AS projects,"
     " (SELECT count(*) FROM analysis_results) AS analyses,"
     " (SELECT max(snapshot_date) FROM pipeline_forecast_snapshot_day) AS latest_snapshot,"
     " (SELECT to_char(max(refreshed_at), 'YYYY-MM-DD HH24:MI') FROM vw_pipeline_forecast_monthly_12m_v1)"
     " AS refreshed_utc",
     ""},
    {"queue",
     "SELECT job_type, count(*) FILTER (WHERE status = 'queued') AS queued,"
     " count(*) FILTER (WHERE status = 'running') AS running,"
     " count(*) FILTER (WHERE status = 'failed') AS failed_24h,"
     " to_char(min(run_at) FILTER (WHERE status = 'queued' AND run_at <= now()) AT TIME ZONE 'UTC',"
     " 'YYYY-MM-DD HH24:MI') AS waiting_since_utc"
     " FROM job_queue WHERE status IN ('queued', 'running')"
     " OR (status = 'failed' AND finished_at > now() - interval '1 day') GROUP BY 1 ORDER BY 1",
     "nothing waits, nothing failed within a day"},
    {"schedule",
     "SELECT job_name AS job, schedule, to_char(last_run AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS last_run_utc,"
     " last_outcome, to_char(next_run AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS next_run_utc, overdue"
     " FROM pipeline_schedule ORDER BY 1",
     "nothing is scheduled: SELECT schedule_pipeline_jobs();"},
    {"synchronisation",
     "SELECT DISTINCT ON (sync_type, board_id) sync_type AS flow, board_name AS board, status,"
     " to_char(coalesce(completed_at, started_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS at_utc,"
     " items_processed AS items, items_rejected AS rejected, error_message AS error"
     " FROM sync_log ORDER BY sync_type, board_id, id DESC",
     "nothing was synchronised or imported yet"},
}};

// Whether a row speaks of trouble: an overdue or failed run, a failed job.
[[nodiscard]] bool is_trouble(const Part &part, const db::Row &row) {
    const std::string_view name = part.name;
    if (name == "queue") {
        return row["failed_24h"].integer() > 0;
    }
    if (name == "schedule") {
        return row["overdue"].text() == "t" || row["last_outcome"].text() == "failed";
    }
    return name == "synchronisation" && row["status"].text() == "failed";
}

[[nodiscard]] awaitable<int> show_status(db::Connection &database, bool json) {
    bool trouble = false;
    std::string text;
    for (const Part &part : kParts) {
        const db::Result rows = co_await database.execute(part.statement);
        for (const db::Row row : rows) {
            trouble = trouble || is_trouble(part, row);
        }
        if (json) {
            text += fmt::format("{}\"{}\": {}", text.empty() ? "{" : ",\n ", part.name, json_rows(rows));
        } else {
            text += fmt::format("{}{}\n{}{}\n", text.empty() ? "" : "\n", part.name,
                                text_table(rows), rows.empty() ? part.when_empty : "");
        }
    }
    if (json) {
        text += "}\n";
    }
    fmt::print("{}", text);
    co_return trouble ? 1 : 0;
}

}  // namespace

void add_status(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand(
        "status", "Show on one screen whether all is well; exits with 1 where something is overdue or failed");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "as JSON");
    command->callback([&line, json] {
        line.chosen = [&line, json] {
            return with_database(line.context,
                                 [json](db::Connection &database) { return show_status(database, *json); });
        };
    });
}

}  // namespace poller::cli
