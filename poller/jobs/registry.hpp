// Which types of jobs this program can do.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "poller/jobs/handler.hpp"

namespace poller::jobs {

struct JobType {
    std::string_view name;
    int concurrency;  // runs at a time in one process; POLLER_JOB_CONCURRENCY says otherwise
    std::function<std::unique_ptr<Handler>(const Services &services)> make_handler;
};

// By name.
[[nodiscard]] const std::vector<JobType> &job_types();

// ConfigError if POLLER_JOB_TYPES or POLLER_JOB_CONCURRENCY names a type that there is not.
void require_known_job_types(const Settings &settings);

}  // namespace poller::jobs
