// Jobs that run one statement: each is a row.
#include <fmt/args.h>
#include <fmt/format.h>

#include <array>

#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/llm/service.hpp"

namespace poller::jobs {
namespace {

struct StatementJob {
    std::string_view name;
    int concurrency;
    std::string_view statement;
    db::Params (*parameters)(const Job &job, const Settings &settings);
    std::string_view detail;  // what was done; each {} is the next column of the first row
};

db::Params nothing(const Job &, const Settings &) { return {}; }

db::Params projects(const Job &job, const Settings &) {
    if (job.project_id) return db::params(std::vector<std::string>{*job.project_id});
    return db::params(texts_of(job, "project_ids"));
}

db::Params day(const Job &job, const Settings &) { return db::params(text_of(job, "snapshot_date")); }

db::Params dry_run(const Job &, const Settings &settings) { return db::params(settings.monday_sync_dry_run); }

db::Params explanations(const Job &job, const Settings &settings) {
    return db::params(llm::configured_service(settings).has_value(), number_of(job, "since_days", 7, 0, 36500),
                      number_of(job, "limit", 1000, 0, 1'000'000), number_of(job, "throttle_ms", 350, 0, 3'600'000),
                      flag_of(job, "force"));
}

constexpr std::array kStatementJobs{
    // One project, the projects of the payload's "project_ids", or all; what then differs on their items is enqueued.
    StatementJob{"analyze", 2, "SELECT analysed, pushes FROM analyze_and_enqueue_pushes($1)", projects,
                 "{} analyses changed, {} pushes enqueued"},
    StatementJob{"cleanup", 1, "CALL cleanup_pipeline_records()", nothing, "old records removed"},
    // Analyses without an explanation (payload: since_days, limit, throttle_ms, force).
    StatementJob{"llm_backfill", 1,
                 "SELECT CASE WHEN $1 THEN enqueue_llm_explanations(make_interval(days => $2), $3,"
                 " make_interval(secs => $4::double precision / 1000), $5) || ' explanations enqueued'"
                 " ELSE 'no language model is configured' END",
                 explanations, "{}"},
    // Every project whose item differs from what belongs there.
    StatementJob{"monday_sync", 1,
                 "SELECT CASE WHEN $1 THEN format('dry run: %s items differ', (SELECT count(*) FROM monday_push_due()))"
                 " ELSE enqueue_due_monday_pushes() || ' pushes enqueued' END",
                 dry_run, "{}"},
    StatementJob{"refresh", 1, "CALL refresh_pipeline_views()", nothing, "refreshed; refresh_log has the details"},
    // Of today, or of the payload's "snapshot_date".
    StatementJob{"snapshot", 1,
                 "SELECT date, inserted, deleted"
                 " FROM run_daily_forecast_snapshot_maintenance(coalesce($1::date, pipeline_today()))",
                 day, "snapshot of {}: {} rows, {} expired rows removed"},
};

class StatementHandler : public Handler {
public:
    StatementHandler(const StatementJob &type, const Services &services) : type_(type), services_(services) {}

    awaitable<Outcome> run(const Job &job, std::stop_token stop) override {
        const db::Result result = co_await run_statement(services_.database, type_.statement,
                                                         type_.parameters(job, services_.settings), std::move(stop));
        fmt::dynamic_format_arg_store<fmt::format_context> values;
        for (int column = 0; !result.empty() && column < result.columns(); ++column) {
            values.push_back(result[0][column].text());
        }
        co_return Outcome::done(fmt::vformat(type_.detail, values));
    }

private:
    const StatementJob &type_;
    Services services_;
};

}  // namespace

void add_statement_jobs(std::vector<JobType> &types) {
    for (const StatementJob &job : kStatementJobs) {
        types.push_back({job.name, job.concurrency, [&job](const Services &services) {
                             return std::make_unique<StatementHandler>(job, services);
                         }});
    }
}

}  // namespace poller::jobs
