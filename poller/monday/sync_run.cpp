#include "poller/monday/sync_run.hpp"

#include <exception>
#include <utility>

#include "poller/errors.hpp"
#include "poller/log/log.hpp"
#include "poller/monday/errors.hpp"

namespace poller::monday {

void SyncRun::fail(std::string error) {
    if (error_.empty()) error_ = std::move(error);
}

void SyncRun::note(const Response &response) {
    const ApiError *error = response.worst_error();
    if (error == nullptr) return;
    if (error_.empty()) may_pass_ = is_worth_repeating(error->kind);
    fail("monday.com: " + to_string(*error));
}

void SyncRun::add_items(std::size_t items, std::optional<std::int64_t> total) {
    progress_.items += static_cast<std::int64_t>(items);
    if (total) progress_.total = total;
    progress_.calls = flow_.client.usage().calls - usage_before_.calls;
    flow_.report(progress_);
}

awaitable<void> SyncRun::end(std::string error) {
    const Usage &usage = flow_.client.usage();
    std::optional<std::string> message;
    if (!error.empty()) message = std::move(error);
    co_await flow_.database.query(
        "SELECT end_sync_run($1, $2, $3, $4, $5)",
        db::params(id_, message ? "failed" : "completed", message, usage.calls - usage_before_.calls,
                   usage.complexity - usage_before_.complexity));
}

awaitable<void> in_run(Flow &flow, RunTarget target, std::function<awaitable<void>(SyncRun &)> work) {
    std::optional<std::string> board_id;
    if (!target.board_id.empty()) board_id = target.board_id;
    const db::Result begun = co_await flow.database.query("SELECT begin_sync_run($1, $2, $3)",
                                                          db::params(target.sync_type, board_id, flow.trigger));
    SyncRun run(flow, begun[0][0].integer(), target.board_name);
    std::exception_ptr failure;
    std::string error;
    try {
        co_await work(run);
        error = run.error();
    } catch (const std::exception &thrown) {
        failure = std::current_exception();
        error = thrown.what();
    }
    // Where the database is away, the row stays as running until the next run finds it abandoned.
    try {
        co_await run.end(error);
    } catch (const Error &thrown) {
        if (!failure) throw;
        log::warning("the end of a sync run was not recorded", {{"run", run.id()}, {"error", thrown.what()}});
    }
    if (failure) std::rethrow_exception(failure);
    if (error.empty()) co_return;
    // A board is read again by the next flow; what a job was to read is read by the job.
    if (run.may_pass() && target.board_id.empty()) throw TransientError(error);
    throw ReadInPart(target.board_name.empty() ? error : target.board_name + ": " + error);
}

}  // namespace poller::monday
