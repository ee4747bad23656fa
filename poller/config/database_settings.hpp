// Settings of the environment that the database keeps: passed on at the start and when they are read again.
#pragma once

#include "poller/asio.hpp"
#include "poller/config/settings.hpp"
#include "poller/db/pool.hpp"

namespace poller {

// Logs what changed. Where the database refuses one, or the role lacks the right, a warning says so and the
// values in the database stay. TransientError while the database is away.
[[nodiscard]] awaitable<void> apply_database_settings(db::Pool &database, const Settings &settings);

}  // namespace poller
