// What is to be written to an item, and what the item holds.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace poller::monday {

// From monday_push_plan() of the database.
struct PushPlan {
    std::string item_id;
    std::string board_id;
    nlohmann::json columns;  // {column id: text}; null where none is to be written
    std::string columns_hash;
    std::string columns_key;
    std::optional<std::string> comment_html;  // nothing where it is not to be written
    std::string comment_heading;
    std::string comment_hash;
    std::string comment_key;
    std::string update_id;  // empty where no comment is known
    bool in_doubt = false;
    std::chrono::milliseconds hidden{};  // for so long the item may not show yet what was written

    [[nodiscard]] static PushPlan from_json(const nlohmann::json &plan);

    [[nodiscard]] bool writes_columns() const { return !columns.is_null(); }
    [[nodiscard]] bool writes_comment() const { return comment_html.has_value(); }
    // "columns numeric_days 80, ...; comment"
    [[nodiscard]] std::string summary() const;
};

// How many of an item's comments are read: the newest.
inline constexpr int kCommentsRead = 100;

// From the data of pushed_items.
struct PushedItem {
    std::string state;  // empty where there is no such item
    bool holds_columns = false;
    std::string reader;                  // the user of the token
    std::string own_comment;             // the update that is ours; empty if there is none among those read
    bool known_comment_is_gone = false;  // the one that the plan knows is certainly not there
};

[[nodiscard]] PushedItem read_pushed_item(const nlohmann::json &data, const PushPlan &plan);

}  // namespace poller::monday
