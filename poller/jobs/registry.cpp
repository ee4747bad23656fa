#include "poller/jobs/registry.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "poller/errors.hpp"

namespace poller::jobs {

// Each in handlers/ under its name. A new type is its file, its name here and its row below.
using MakeHandler = std::unique_ptr<Handler>(const Services &);
MakeHandler make_analyze;
MakeHandler make_cleanup;
MakeHandler make_refresh;
MakeHandler make_snapshot;

const std::vector<JobType> &job_types() {
    static const std::vector<JobType> types = {
        {"analyze", 2, make_analyze},
        {"cleanup", 1, make_cleanup},
        {"refresh", 1, make_refresh},
        {"snapshot", 1, make_snapshot},
    };
    return types;
}

void require_known_job_types(const Settings &settings) {
    std::vector<std::string_view> known;
    for (const JobType &type : job_types()) {
        known.push_back(type.name);
    }
    const auto check = [&known](std::string_view setting, std::string_view name) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw ConfigError(fmt::format("{} names the unknown job type \"{}\"; allowed: {}", setting, name, fmt::join(known, ", ")));
        }
    };
    for (const std::string &name : settings.job_types) {
        check("POLLER_JOB_TYPES", name);
    }
    for (const auto &[name, count] : settings.job_concurrency) {
        check("POLLER_JOB_CONCURRENCY", name);
    }
}

}  // namespace poller::jobs
