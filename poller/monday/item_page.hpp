// What the answers to the documents of poller/monday/queries hold.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace poller::monday {

struct ItemPage {
    nlohmann::json items = nlohmann::json::array();
    std::optional<std::string> cursor;       // of the next page; nothing after the last
    std::optional<std::int64_t> board_size;  // items of the board, on its first page
};

// From the data of board_page, board_index; nothing where the board is missing or null: it does not exist, or the token
// may not read it.
[[nodiscard]] std::optional<ItemPage> first_page(nlohmann::json &&data);

// From the data of next_board_page, next_board_index; nothing where the page is null.
[[nodiscard]] std::optional<ItemPage> next_page(nlohmann::json &&data);

struct ItemList {
    nlohmann::json items = nlohmann::json::array();
    bool has_nulls = false;  // left out of the items: what they would be is not known
};

// From the data of project_items, items_by_id. Nothing where the list is null.
[[nodiscard]] std::optional<ItemList> items_of(nlohmann::json &&data);

// The ids of the boards that came along: the token may read them.
[[nodiscard]] std::set<std::string> boards_of(const nlohmann::json &data);

[[nodiscard]] std::vector<std::string> ids_of(const nlohmann::json &items);

// Of one item.
[[nodiscard]] std::string board_of(const nlohmann::json &item);
[[nodiscard]] std::vector<std::string> subitem_ids_of(const nlohmann::json &item);

// A page of the change feed.
struct LogPage {
    nlohmann::json entries = nlohmann::json::array();
    std::optional<std::string> cursor;  // of the next page, where the feed comes by cursor
};

// From the data of board_activity, board_activity_by_cursor. Nothing where the board or its feed is missing or null.
[[nodiscard]] std::optional<LogPage> log_page(nlohmann::json &&data);

// An entry of the change feed that names items.
struct Activity {
    std::string event;  // as it came: delete_pulse, batch_archive_pulses, ...
    std::vector<std::string> item_ids;
};

// Without the entries that name none.
[[nodiscard]] std::vector<Activity> activities_of(const nlohmann::json &entries);

}  // namespace poller::monday
