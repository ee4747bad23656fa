// pipeline-poller status: one screen that says whether all is well.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <string>

#include "poller/cli/commands.hpp"
#include "poller/cli/database.hpp"
#include "poller/cli/table.hpp"
#include "poller/config/settings.hpp"

namespace poller::cli {
namespace {

struct Part {
    const char *name;
    const char *statement;
    const char *when_empty;
};

constexpr std::array<Part, 6> kParts = {{
    {"pipeline",
     "SELECT (SELECT count(*) FROM projects WHERE state = 'active') AS projects,"
     " (SELECT count(*) FROM analysis_results) AS analyses,"
     " (SELECT max(snapshot_date) FROM pipeline_forecast_snapshot_day) AS latest_snapshot,"
     " (SELECT to_char(max(refreshed_at), 'YYYY-MM-DD HH24:MI') FROM vw_pipeline_forecast_monthly_12m_v1)"
     " AS refreshed_utc",
     ""},
    {"forecast",
     "SELECT state, verdict, guessed_share, project_count AS open_projects, detail AS findings FROM "
     "mv_forecast_quality",
     "not refreshed yet: pipeline-poller refresh"},
    {"queue",
     "SELECT job_type, count(*) FILTER (WHERE status = 'queued') AS queued,"
     " count(*) FILTER (WHERE status = 'running') AS running,"
     " count(*) FILTER (WHERE status = 'failed' AND successor_id IS NULL) AS failed_24h,"
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
    {"limits",
     "SELECT provider, used_today, day_quota,"
     " CASE WHEN used_up_until IS NOT NULL THEN 'the calls of the day are used up' END AS day,"
     " to_char(coalesce(blocked_until, used_up_until) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS shut_until_utc,"
     " blocked_because AS reason FROM provider_limits"
     " WHERE (day_quota IS NOT NULL AND used_today > 0) OR blocked_until IS NOT NULL ORDER BY 1",
     "nothing was called today, and nobody asks for patience"},
}};

struct Verdict {
    db::Result checks;
    bool is_bad = false;
    bool has_tables = true;
};

[[nodiscard]] awaitable<Verdict> judge(db::Connection &database, const Settings &settings) {
    Verdict verdict;
    verdict.checks = co_await database.query(
        "SELECT check_name AS check, state, detail,"
        " to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS since_utc"
        " FROM pipeline_checks(make_interval(secs => $1), make_interval(secs => $2))",
        db::params(settings.ready_queue_lag.count(), settings.ready_board_age.count()));
    for (const db::Row check : verdict.checks) {
        if (check["state"].text() == "bad") {
            verdict.is_bad = true;
            verdict.has_tables = verdict.has_tables && check["check"].text() != "layout";
        }
    }
    co_return verdict;
}

[[nodiscard]] awaitable<int> show_status(db::Connection &database, const Settings &settings, bool json) {
    const Verdict verdict = co_await judge(database, settings);
    std::string text = json ? fmt::format("{{\"checks\": {}", json_rows(verdict.checks)) : text_table(verdict.checks);
    for (const Part &part : kParts) {
        if (!verdict.has_tables) {
            break;
        }
        const db::Result rows = co_await database.execute(part.statement);
        if (json) {
            text += fmt::format(",\n \"{}\": {}", part.name, json_rows(rows));
        } else {
            text += fmt::format("\n{}\n{}{}\n", part.name, text_table(rows), rows.empty() ? part.when_empty : "");
        }
    }
    if (json) {
        text += "}\n";
    }
    fmt::print("{}", text);
    co_return verdict.is_bad ? 1 : 0;
}

}  // namespace

void add_status(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand(
        "status", "Show on one screen whether all is well; exits with 1 where a check is bad");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "as JSON");
    command->callback([&line, json] {
        line.chosen = [&line, json] {
            return with_database(line.context,
                                 [json, settings = line.context.configuration().settings](db::Connection &database) {
                                     return show_status(database, settings, *json);
                                 });
        };
    });
}

}  // namespace poller::cli
