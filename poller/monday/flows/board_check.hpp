// A look at the boards themselves before their items are read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/monday/board.hpp"
#include "poller/monday/client.hpp"

namespace poller::monday::flows {

// Boards as the API gives them, with columns and labels; missing ones are left out. 100 a call.
[[nodiscard]] awaitable<nlohmann::json> read_board_settings(Client &client, const std::vector<std::string> &board_ids);

// Takes labels over, and gives for each board with missing or retyped columns what is wrong with it: its items can be
// read, but not all that belongs to them. One call.
[[nodiscard]] awaitable<std::map<std::string, std::string>> check_boards(db::Pool &database, Client &client,
                                                                         const std::vector<Board> &boards);

}  // namespace poller::monday::flows
