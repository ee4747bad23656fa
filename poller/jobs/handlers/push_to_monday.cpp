// push_to_monday: writes the numbers and the comment of a project to its item (payload: dry_run, no_comment).
#include <fmt/format.h>

#include "poller/errors.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/monday/push.hpp"

namespace poller::jobs {
namespace {

constexpr std::string_view kUnknownProject = "P0002";
constexpr std::string_view kNothingToPush = "55000";
// Thousands of items may wait to be written; what somebody just changed on a board is read nevertheless.
constexpr double kLeftToReads = 0.25;

class PushToMonday : public MondayHandler {
public:
    explicit PushToMonday(const Services &services) : MondayHandler(services, kPatienceOfProjects, kLeftToReads) {}

protected:
    awaitable<std::string> work(const Job &job, monday::Client &client) override {
        if (!job.project_id) throw PermanentError("the job names no project");
        monday::PushOptions options;
        options.dry_run = services_.settings.monday_sync_dry_run || flag_of(job, "dry_run");
        options.with_comment = !flag_of(job, "no_comment");
        options.is_repeat = job.attempts > 1;
        try {
            const std::string done =
                co_await monday::push_project(services_.database, client, *job.project_id, options);
            co_return fmt::format("{} ({})", done, describe(client.usage()));
        } catch (const PermanentError &error) {
            // Archived, or taken off its board, since the push was enqueued: there is nothing to write any more.
            if (error.sqlstate() != kUnknownProject && error.sqlstate() != kNothingToPush) throw;
            co_return error.what();
        }
    }
};

}  // namespace

std::unique_ptr<Handler> make_push_to_monday(const Services &services) {
    return std::make_unique<PushToMonday>(services);
}

}  // namespace poller::jobs
