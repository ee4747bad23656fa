// Scans of whole boards: which items are there, and what follows for those that are stored.
#pragma once

#include <functional>
#include <vector>

#include "poller/asio.hpp"
#include "poller/db/connection.hpp"
#include "poller/monday/board.hpp"
#include "poller/monday/page_reader.hpp"
#include "poller/monday/sync_run.hpp"

namespace poller::monday::flows {

// What else to do with a page, in the transaction that records it.
using StorePage = std::function<awaitable<void>(db::Connection &, const ItemPage &, PagePlace)>;

// Records page by page which items there are; after the last page reads by their ids the items that differ from what is
// stored. A scan in which an error passed by ends there, since what is missing from it proves nothing.
[[nodiscard]] awaitable<void> scan_board(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board,
                                         PageRequest request, StorePage store = {});

}  // namespace poller::monday::flows
