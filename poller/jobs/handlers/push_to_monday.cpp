// push_to_monday: writes the numbers and the comment of a project to its item (payload: dry_run, no_comment).
#include <fmt/format.h>

#include "poller/errors.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/monday/push.hpp"

namespace poller::jobs {
namespace {

constexpr std::size_t kMostPushes = 100;

std::string reason_for_nothing(const std::exception_ptr &failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const monday::NothingToPush &error) {
        return error.what();
    } catch (...) {
        return {};
    }
}

class PushToMonday : public GatheredMondayHandler {
public:
    explicit PushToMonday(const Services &services)
        : GatheredMondayHandler(services, kMostPushes, kPatienceOfProjects, monday::kLeftToReads) {}

protected:
    using Results = std::vector<Gathering::Result>;

    awaitable<Results> work(const std::vector<Job> &jobs, monday::Client &client) override {
        Results results = co_await push(jobs, client, monday::PushMode::kWrite);
        Results dry = co_await push(jobs, client, monday::PushMode::kDryRun);
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            if (results[i].done.empty() && !results[i].failure) results[i] = std::move(dry[i]);
        }
        co_return results;
    }

private:
    // Of the jobs that ask for this mode; nothing is said of the others.
    awaitable<Results> push(const std::vector<Job> &jobs, monday::Client &client, monday::PushMode mode) {
        Results results(jobs.size());
        std::vector<monday::PushOrder> orders;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            try {
                const bool is_dry = services_.settings.monday_sync_dry_run || flag_of(jobs[i], "dry_run");
                if (is_dry != (mode == monday::PushMode::kDryRun)) continue;
                if (!jobs[i].project_id) throw PermanentError("the job names no project");
                orders.push_back({*jobs[i].project_id, !flag_of(jobs[i], "no_comment"), jobs[i].attempts > 1});
                places.push_back(i);
            } catch (const PermanentError &) {
                results[i].failure = std::current_exception();
            }
        }
        if (orders.empty()) co_return results;
        auto pushed = co_await monday::push_projects(services_.database, client, std::move(orders), mode,
                                                     monday::turn_term(services_.settings));
        const std::string usage = describe(client.usage());
        for (std::size_t i = 0; i < places.size(); ++i) {
            Gathering::Result &result = results[places[i]];
            result.failure = pushed[i].failure;
            result.done = fmt::format("{} ({}{})", pushed[i].done, usage,
                                      places.size() > 1 ? fmt::format(" for {} projects", places.size()) : "");
            if (!result.failure) continue;
            // Archived, or taken off its board, since the push was enqueued: there is nothing to write any more.
            const std::string nothing = reason_for_nothing(result.failure);
            if (nothing.empty()) continue;
            result.failure = nullptr;
            result.done = nothing;
        }
        co_return results;
    }
};

}  // namespace

std::unique_ptr<Handler> make_push_to_monday(const Services &services) {
    return std::make_unique<PushToMonday>(services);
}

}  // namespace poller::jobs
