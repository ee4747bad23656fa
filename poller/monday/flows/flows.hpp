// The flows that bring monday.com into the database. Each leaves its runs in sync_log and throws what kept it from
// reading everything.
#pragma once

#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/monday/sync_run.hpp"

namespace poller::monday::flows {

// Every board: what changed in the last days, and whatever was not read before.
[[nodiscard]] awaitable<void> read_changes(Flow &flow, std::string sync_type, int days_back);

// Every board: what was deleted, archived, restored or moved in the last days, by the change feed.
[[nodiscard]] awaitable<void> read_departures(Flow &flow, std::string sync_type, int days_back);

// Every item of every board; what is not there any more is deleted.
[[nodiscard]] awaitable<void> read_everything(Flow &flow);

// The ids on every board, then the items that differ.
[[nodiscard]] awaitable<void> reconcile(Flow &flow);

// The past of all projects, from the activity logs of all boards: since a day (ISO 8601), or as far as the logs reach.
// A read that was broken off is gone on with. Where nothing is new, nothing is written.
[[nodiscard]] awaitable<void> read_history(Flow &flow, std::string since);

// Projects with their subitems and hidden items; at most four calls for a project of usual size.
[[nodiscard]] awaitable<void> read_projects(Flow &flow, std::vector<std::string> project_ids);

}  // namespace poller::monday::flows
