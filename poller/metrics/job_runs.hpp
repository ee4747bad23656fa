// Counts and times the runs of jobs.
#pragma once

#include "poller/jobs/registry.hpp"
#include "poller/jobs/worker.hpp"
#include "poller/metrics/registry.hpp"

namespace poller::metrics {

class JobRuns {
public:
    // All types of the registry of jobs, so that a rate can be computed from the first run on.
    explicit JobRuns(Registry &registry);

    void observe(const jobs::Run &run);

private:
    Registry &registry_;
};

}  // namespace poller::metrics
