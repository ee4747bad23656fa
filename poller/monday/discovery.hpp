// Which boards belong together, and what their columns hold: what boards discover finds in an account.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/monday/client.hpp"

namespace poller::monday {

struct FoundBoard {
    std::string id;
    std::string name;
    std::string role;
    std::string parent_id;  // of a subitem or hidden board
    // As the API gives them, with "samples" of what items say, and "is_link" on the connection that leads to quotes.
    nlohmann::json columns;
};

struct Choice {
    std::string id;
    std::string text;  // what a person reads of it
};

struct DiscoveryRequest {
    std::vector<std::string> boards;  // those whose items are projects
    std::string subitems;             // the board of their subitems, where it cannot be told; empty: look for it
    std::string hidden;               // likewise the board that the subitems are connected to
    // Asks a person for one of several; gives its id, or nothing where nobody answers.
    std::function<std::string(const std::string &question, const std::vector<Choice> &choices)> choose;
    // What was found and why, and what was not.
    std::function<void(const std::string &remark)> remark;
};

// Parent boards first, each followed by those below it. A few calls a board. Throws PermanentError where a board cannot
// be read or holds no projects.
[[nodiscard]] awaitable<std::vector<FoundBoard>> discover_boards(db::Pool &database, Client &client,
                                                                 DiscoveryRequest request);

// How many active items have each text in a column: all items, 500 a call.
[[nodiscard]] awaitable<std::vector<std::pair<std::string, std::int64_t>>> count_labels(Client &client,
                                                                                        std::string board_id,
                                                                                        std::string column_id);

}  // namespace poller::monday
