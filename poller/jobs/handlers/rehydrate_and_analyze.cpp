// rehydrate_and_analyze: reads one project, or those of the payload's project_ids, with all that belongs to it.
// The database enqueues the analysis of what changed.
#include "poller/errors.hpp"
#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/monday/flows/flows.hpp"

namespace poller::jobs {
namespace {

class RehydrateAndAnalyze : public MondayHandler {
public:
    explicit RehydrateAndAnalyze(const Services &services) : MondayHandler(services, kPatienceOfProjects) {}

protected:
    awaitable<std::string> work(const Job &job, monday::Client &client) override {
        std::vector<std::string> projects;
        if (job.project_id) projects.push_back(*job.project_id);
        if (auto named = texts_of(job, "project_ids")) projects = *std::move(named);
        if (projects.empty()) throw PermanentError("the job names no project");
        monday::Flow flow{services_.database, client, trigger_of(job)};
        co_await monday::flows::read_projects(flow, std::move(projects));
        co_return describe(client.usage());
    }
};

}  // namespace

std::unique_ptr<Handler> make_rehydrate_and_analyze(const Services &services) {
    return std::make_unique<RehydrateAndAnalyze>(services);
}

}  // namespace poller::jobs
