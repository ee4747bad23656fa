// rehydrate_and_analyze: reads one project, or those of the payload's project_ids, with all that belongs to it.
// The database enqueues the analysis of what changed.
#include <algorithm>

#include "poller/errors.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/monday/flows/flows.hpp"

namespace poller::jobs {
namespace {

// As many as one call may ask for.
constexpr std::size_t kMostProjects = 100;

std::vector<std::string> projects_of(const Job &job) {
    std::vector<std::string> projects;
    if (job.project_id) projects.push_back(*job.project_id);
    if (auto named = texts_of(job, "project_ids")) projects = *std::move(named);
    if (projects.empty()) throw PermanentError("the job names no project");
    return projects;
}

class RehydrateAndAnalyze : public GatheredMondayHandler {
public:
    explicit RehydrateAndAnalyze(const Services &services)
        : GatheredMondayHandler(services, kMostProjects, kPatienceOfProjects) {}

protected:
    using Results = std::vector<Gathering::Result>;

    awaitable<Results> work(const std::vector<Job> &jobs, monday::Client &client) override {
        Results results(jobs.size());
        std::vector<std::string> projects;
        std::vector<std::int64_t> read;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            try {
                const auto named = projects_of(jobs[i]);
                projects.insert(projects.end(), named.begin(), named.end());
                read.push_back(jobs[i].id);
            } catch (const PermanentError &) {
                results[i].failure = std::current_exception();
            }
        }
        std::ranges::sort(projects);
        projects.erase(std::unique(projects.begin(), projects.end()), projects.end());
        std::exception_ptr failure;
        if (!projects.empty()) failure = co_await read_together(jobs, client, projects);
        if (failure && jobs.size() > 1) {
            // What cannot be stored of one project must not keep the others waiting.
            for (std::size_t i = 0; i < jobs.size(); ++i) {
                if (!results[i].failure) results[i].failure = co_await read_alone(jobs[i], client);
            }
        } else if (failure) {
            std::rethrow_exception(failure);
        }
        if (!failure && !read.empty()) {
            co_await services_.database.query("SELECT await_monday_items($1)", db::params(read));
        }
        for (Gathering::Result &result : results) result.done = describe(client.usage());
        co_return results;
    }

private:
    // What kept them from being stored. What was stored and is not all, and what may pass, is thrown.
    awaitable<std::exception_ptr> read_together(const std::vector<Job> &jobs, monday::Client &client,
                                                std::vector<std::string> projects) {
        monday::Flow flow{services_.database, client, trigger_of(jobs.front())};
        try {
            co_await monday::flows::read_projects(flow, std::move(projects));
        } catch (const monday::ReadInPart &) {
            throw;
        } catch (const PermanentError &) {
            co_return std::current_exception();
        }
        co_return nullptr;
    }

    awaitable<std::exception_ptr> read_alone(const Job &job, monday::Client &client) {
        monday::Flow flow{services_.database, client, trigger_of(job)};
        try {
            co_await monday::flows::read_projects(flow, projects_of(job));
        } catch (const Error &) {
            co_return std::current_exception();
        }
        co_return nullptr;
    }
};

}  // namespace

std::unique_ptr<Handler> make_rehydrate_and_analyze(const Services &services) {
    return std::make_unique<RehydrateAndAnalyze>(services);
}

}  // namespace poller::jobs
