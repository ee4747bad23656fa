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
MakeHandler make_llm_backfill;
MakeHandler make_llm_explain;
MakeHandler make_monday_sync;
MakeHandler make_push_to_monday;
MakeHandler make_reconcile;
MakeHandler make_refresh;
MakeHandler make_rehydrate_and_analyze;
MakeHandler make_rehydrate_delta;
MakeHandler make_rehydrate_full;
MakeHandler make_rehydrate_recent;
MakeHandler make_snapshot;

const std::vector<JobType> &job_types() {
    static const std::vector<JobType> types = {
        {"analyze", 2, make_analyze},
        {"cleanup", 1, make_cleanup},
        {"llm_backfill", 1, make_llm_backfill},
        {"llm_explain", 4, make_llm_explain},
        {"monday_sync", 1, make_monday_sync},
        {"push_to_monday", 2, make_push_to_monday},
        {"reconcile", 1, make_reconcile},
        {"refresh", 1, make_refresh},
        {"rehydrate_and_analyze", 4, make_rehydrate_and_analyze},
        {"rehydrate_delta", 1, make_rehydrate_delta},
        {"rehydrate_full", 1, make_rehydrate_full},
        {"rehydrate_recent", 1, make_rehydrate_recent},
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
