// Scans of whole boards: which items are there, and what follows for those that are stored.
#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "poller/asio.hpp"
#include "poller/db/connection.hpp"
#include "poller/monday/board.hpp"
#include "poller/monday/sync_run.hpp"

namespace poller::monday::flows {

// A page of the scan.
[[nodiscard]] awaitable<void> record_scan(db::Connection &database, const SyncRun &run, std::string_view board_id,
                                          const nlohmann::json &items);

// After the last page: reads by their ids the items that differ from what is stored. Does nothing for a scan in which
// an error passed by, since what is missing from it proves nothing.
[[nodiscard]] awaitable<void> complete_scan(Flow &flow, SyncRun &run, const std::vector<Board> &boards,
                                            const Board &board);

}  // namespace poller::monday::flows
