// What the database knows about the queue and the webhook events, as gauges. All pollers of a database say the same.
#pragma once

#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/metrics/registry.hpp"

namespace poller::metrics {

// Job types that are not known are summed up as "other", since anybody who may enqueue can invent one. Where the
// database cannot be asked, pipeline_database_up says so, and the gauges are left out.
[[nodiscard]] awaitable<void> update_queue_metrics(Registry &registry, db::Pool &database,
                                                   const std::vector<std::string> &known_types);

}  // namespace poller::metrics
