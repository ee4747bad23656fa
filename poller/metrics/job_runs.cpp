#include "poller/metrics/job_runs.hpp"

#include <string>

namespace poller::metrics {
namespace {

// From a millisecond to two hours.
std::vector<double> duration_bounds() {
    return {0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200};
}

Counter &runs_of(Registry &registry, std::string_view type, std::string_view outcome) {
    return registry.counter("pipeline_job_runs_total", "Runs of jobs, by how they ended.",
                            {{"job_type", std::string(type)}, {"outcome", std::string(outcome)}});
}

Histogram &seconds_of(Registry &registry, std::string_view type) {
    return registry.histogram("pipeline_job_seconds", "Time that a run of a job took.", duration_bounds(),
                              {{"job_type", std::string(type)}});
}

Histogram &wait_of(Registry &registry, std::string_view type) {
    return registry.histogram("pipeline_job_wait_seconds", "Time from when a job was due to when it was claimed.",
                              seconds_bounds(), {{"job_type", std::string(type)}});
}

}  // namespace

JobRuns::JobRuns(Registry &registry) : registry_(registry) {
    for (const jobs::JobType &type : jobs::job_types()) {
        for (const char *outcome : {"done", "retried", "waits", "failed", "returned", "lost"}) {
            static_cast<void>(runs_of(registry_, type.name, outcome));
        }
        static_cast<void>(seconds_of(registry_, type.name));
        static_cast<void>(wait_of(registry_, type.name));
    }
}

void JobRuns::observe(const jobs::Run &run) {
    runs_of(registry_, run.type, run.outcome).add();
    seconds_of(registry_, run.type).observe(std::chrono::duration<double>(run.duration).count());
    wait_of(registry_, run.type).observe(run.waited_ms / 1000);
}

}  // namespace poller::metrics
