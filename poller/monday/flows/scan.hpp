// Scans of whole boards: which items are there, and what follows for those that are stored.
#pragma once

#include <vector>

#include "poller/asio.hpp"
#include "poller/monday/board.hpp"
#include "poller/monday/sync_run.hpp"

namespace poller::monday::flows {

// Reads every item of a board page by page, and what was stored and did not come by its id.
[[nodiscard]] awaitable<void> read_whole_board(Flow &flow, SyncRun &run, const std::vector<Board> &boards,
                                               const Board &board);

// Reads ids and moments of change of a board, and by their ids the items that differ from what is stored.
[[nodiscard]] awaitable<void> compare_board(Flow &flow, SyncRun &run, const std::vector<Board> &boards,
                                            const Board &board);

}  // namespace poller::monday::flows
