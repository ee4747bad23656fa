// Once a minute: webhook events that were left without a job. There should never be one; if there is, it gets its job
// and shows in the log.
#pragma once

#include <stop_token>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"

namespace poller::jobs {

// Runs until stop is requested.
[[nodiscard]] awaitable<void> sweep_webhook_events(db::Pool &database, std::stop_token stop);

}  // namespace poller::jobs
