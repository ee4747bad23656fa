// pipeline-poller run-once JOB: puts jobs into the queue and works them off here, beside any poller that runs. Leases,
// the order within a project and the record of what happened are those of every job.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "poller/async/event_loop.hpp"
#include "poller/async/sleep.hpp"
#include "poller/cli/command_line.hpp"
#include "poller/cli/commands.hpp"
#include "poller/cli/progress.hpp"
#include "poller/cli/table.hpp"
#include "poller/http/client/client.hpp"
#include "poller/jobs/worker.hpp"

namespace poller::cli {
namespace {

constexpr auto kLook = std::chrono::milliseconds(100);
constexpr auto kGrace = std::chrono::seconds(20);
// Who presses Ctrl-C waits for no more than a job needs to let go.
constexpr auto kGraceWhenInterrupted = std::chrono::seconds(2);
constexpr int kInterrupted = 130;  // as shells say it

struct RunOnceOptions {
    std::string job;
    std::vector<std::string> projects;
    std::string payload = "{}";
    bool json = false;
};

[[nodiscard]] awaitable<std::vector<std::int64_t>> enqueue(db::Pool &database, const RunOnceOptions &options) {
    std::vector<std::optional<std::string>> projects(options.projects.begin(), options.projects.end());
    if (projects.empty()) {
        projects.emplace_back(std::nullopt);
    }
    std::vector<std::int64_t> ids;
    for (const auto &project : projects) {
        const db::Result added = co_await database.query("SELECT enqueue_job($1, $2, $3::jsonb, priority => 0)",
                                                         db::params(options.job, project, options.payload));
        ids.push_back(added[0][0].integer());
    }
    co_return ids;
}

// Until each has ended, or has to be tried again later: that is then for the pollers. Or until somebody interrupts.
[[nodiscard]] awaitable<void> wait_for(db::Pool &database, const std::vector<std::int64_t> &ids, const std::string &job,
                                       const bool &interrupted) {
    Progress progress(fmt::format("Running {}", job), ids.size());
    while (!interrupted) {
        const db::Result open = co_await database.query(
            "SELECT count(*) FROM job_queue WHERE id = ANY ($1)"
            " AND (status = 'running' OR (status = 'queued' AND (attempts = 0 OR run_at <= now())))",
            db::params(ids));
        const auto left = static_cast<std::size_t>(open[0][0].integer());
        progress.show(ids.size() - left);
        if (left == 0) {
            break;
        }
        co_await sleep_for(kLook);
    }
    progress.finish();
}

[[nodiscard]] awaitable<int> show_outcomes(db::Pool &database, const std::vector<std::int64_t> &ids, bool json) {
    const db::Result jobs = co_await database.query(
        "SELECT id, job_type, project_id, CASE WHEN status = 'queued' THEN 'retried' ELSE status END AS outcome,"
        " round((extract(epoch FROM finished_at - started_at) * 1000)::numeric, 1) AS ms, detail"
        " FROM job_queue WHERE id = ANY ($1) ORDER BY id",
        db::params(ids));
    fmt::print("{}", json ? json_rows(jobs) : text_table(jobs));
    for (const db::Row job : jobs) {
        if (job["outcome"].text() != "completed") {
            co_return 1;
        }
    }
    co_return 0;
}

[[nodiscard]] awaitable<int> work_off(db::Pool &database, jobs::Worker &worker, const RunOnceOptions &options,
                                      const bool &interrupted) {
    const std::vector<std::int64_t> ids = co_await enqueue(database, options);
    worker.start();
    co_await wait_for(database, ids, options.job, interrupted);
    co_await worker.stop(interrupted ? kGraceWhenInterrupted : kGrace);
    if (interrupted) {
        fmt::print(stderr, "interrupted; what was not done yet waits in the queue for a poller\n");
        co_return kInterrupted;
    }
    co_return co_await show_outcomes(database, ids, options.json);
}

int run_once(const Context &context, const RunOnceOptions &options) {
    Settings settings = context.configuration().settings;
    settings.job_types = {options.job};
    db::ConnectOptions to_database;
    to_database.conninfo = settings.database_url;
    to_database.statement_timeout = {};
    to_database.reply_timeout = {};

    EventLoop loop;
    db::Pool queue_database(to_database, {});
    db::Pool jobs_database(to_database, {});
    http::Client http(loop.get_executor());
    jobs::Queue queue(queue_database, fmt::format("run-once/{}", getpid()), settings.lease);
    jobs::Worker worker(loop.get_executor(), queue, {jobs_database, http, settings});
    // What runs goes back into the queue, instead of staying under its lease. A second signal ends the process at once.
    bool interrupted = false;
    asio::signal_set signals(loop, SIGINT, SIGTERM);
    signals.async_wait([&](const error_code &error, int) {
        if (!error) {
            interrupted = true;
            signals.clear();
        }
    });
    return loop.run_to_end(work_off(queue_database, worker, options, interrupted));
}

[[nodiscard]] std::vector<std::string> known_jobs() {
    std::vector<std::string> names;
    for (const jobs::JobType &type : jobs::job_types()) {
        names.emplace_back(type.name);
    }
    return names;
}

}  // namespace

void add_run_once(CommandLine &line) {
    CLI::App *command = line.program.add_subcommand("run-once", "Run a job now and wait for it");
    auto options = std::make_shared<RunOnceOptions>();
    command->add_option("JOB", options->job, "type of the job")->required()->check(CLI::IsMember(known_jobs()));
    command->add_option("--project", options->projects, "for this project only; may be repeated")->type_name("ID");
    command->add_option("--payload", options->payload, "what the job is told, as JSON")->type_name("JSON");
    command->add_flag("--json", options->json, "outcomes as JSON");
    command->callback(
        [&line, options] { line.chosen = [&line, options] { return run_once(line.context, *options); }; });
}

}  // namespace poller::cli
