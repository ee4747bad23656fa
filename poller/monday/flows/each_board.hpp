// Board after board, each in a run of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/monday/board.hpp"
#include "poller/monday/sync_run.hpp"

namespace poller::monday::flows {

using BoardWork = std::function<awaitable<void>(SyncRun &, const Board &)>;

// A board that fails, or meets a limit of its own, does not keep the others from being read; a limit of the account or
// a database that is away does. At the end the first error is thrown.
[[nodiscard]] awaitable<void> for_each_board(Flow &flow, std::string sync_type, const std::vector<Board> &boards,
                                             BoardWork work);

// The same after a look at the boards themselves: where columns are missing or retyped, the run does its work and ends
// as failed.
[[nodiscard]] awaitable<void> for_each_checked_board(Flow &flow, std::string sync_type,
                                                     const std::vector<Board> &boards, BoardWork work);

}  // namespace poller::monday::flows
