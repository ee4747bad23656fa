#include "poller/jobs/registry.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "poller/errors.hpp"

namespace poller::jobs {

// The rows of two tables, and what has a file of its own; all in handlers/.
void add_statement_jobs(std::vector<JobType> &types);
void add_monday_flows(std::vector<JobType> &types);
std::unique_ptr<Handler> make_history(const Services &services);
std::unique_ptr<Handler> make_llm_explain(const Services &services);
std::unique_ptr<Handler> make_push_to_monday(const Services &services);
std::unique_ptr<Handler> make_rehydrate_and_analyze(const Services &services);

const std::vector<JobType> &job_types() {
    static const std::vector<JobType> types = [] {
        std::vector<JobType> all{
            {"history", 1, make_history},
            {"llm_explain", 4, make_llm_explain},
            {"push_to_monday", 100, make_push_to_monday},
            {"rehydrate_and_analyze", 100, make_rehydrate_and_analyze},
        };
        add_statement_jobs(all);
        add_monday_flows(all);
        std::ranges::sort(all, {}, &JobType::name);
        return all;
    }();
    return types;
}

void require_known_job_types(const Settings &settings) {
    std::vector<std::string_view> known;
    for (const JobType &type : job_types()) {
        known.push_back(type.name);
    }
    const auto check = [&known](std::string_view setting, std::string_view name) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw ConfigError(fmt::format("{} names the unknown job type \"{}\"; allowed: {}", setting, name,
                                          fmt::join(known, ", ")));
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
