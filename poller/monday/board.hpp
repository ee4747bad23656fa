// The boards that feed the pipeline, as the database knows them.
#pragma once

#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"

namespace poller::monday {

struct Board {
    std::string id;
    std::string role;  // parent, subitem, hidden
    std::string name;
    std::vector<std::string> columns;  // those that hold a field
    int page_size = 500;               // items of a page that monday.com manages of it
};

// In the order in which whole boards are read: what others are derived from comes first. Throws ConfigError where no
// board is configured.
[[nodiscard]] awaitable<std::vector<Board>> active_boards(db::Pool &database);

// The columns of all boards of a role, for reading items that may lie on any of them.
[[nodiscard]] std::vector<std::string> columns_of_role(const std::vector<Board> &boards, std::string_view role);

}  // namespace poller::monday
