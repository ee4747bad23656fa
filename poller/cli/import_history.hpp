// import --history FILE: what a file tells of the past of projects.
#pragma once

#include "poller/asio.hpp"
#include "poller/cli/import_options.hpp"
#include "poller/cli/import_staging.hpp"
#include "poller/db/connection.hpp"

namespace poller::cli {

// In a transaction that it begins; the caller ends it.
[[nodiscard]] awaitable<Outcome> import_history(db::Connection &database, const ImportOptions &options);

}  // namespace poller::cli
