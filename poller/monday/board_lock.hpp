// One writer at a time for each board, whatever process or machine it is on: monday.com warns of corrupted data where
// several write to one board.
#pragma once

#include <functional>
#include <string_view>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"

namespace poller::monday {

// Does the work while no other poller writes to the board. The lock is a session's in the database and goes with it:
// a process that dies leaves none behind, and no transaction is open meanwhile. Throws TransientError where others
// write for too long.
[[nodiscard]] awaitable<void> with_board_locked(db::Pool &database, std::string_view board_id,
                                                std::function<awaitable<void>()> work);

}  // namespace poller::monday
