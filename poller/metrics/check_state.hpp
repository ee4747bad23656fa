// The verdicts of pipeline_checks(), as one gauge.
#pragma once

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/health/readiness.hpp"
#include "poller/metrics/registry.hpp"

namespace poller::metrics {

// Where the database cannot be asked the gauge is left out; pipeline_database_up says so.
[[nodiscard]] awaitable<void> update_check_metrics(Registry &registry, db::Pool &database, Readiness::Limits limits);

}  // namespace poller::metrics
