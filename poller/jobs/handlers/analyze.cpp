// analyze: analyses one project, the projects of the payload's "project_ids", or all of them; what then differs on their
// items is enqueued.
#include <fmt/format.h>

#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"

namespace poller::jobs {
namespace {

class Analyze : public Handler {
public:
    explicit Analyze(const Services &services) : services_(services) {}

    awaitable<Outcome> run(const Job &job, std::stop_token stop) override {
        std::optional<std::vector<std::string>> projects;
        if (job.project_id) {
            projects = {*job.project_id};
        } else {
            projects = texts_of(job, "project_ids");
        }
        const db::Result result =
            co_await run_statement(services_.database, "SELECT analysed, pushes FROM analyze_and_enqueue_pushes($1)",
                                   db::params(projects), stop);
        co_return Outcome::done(
            fmt::format("{} analyses changed, {} pushes enqueued", result[0][0].text(), result[0][1].text()));
    }

private:
    Services services_;
};

}  // namespace

std::unique_ptr<Handler> make_analyze(const Services &services) { return std::make_unique<Analyze>(services); }

}  // namespace poller::jobs
