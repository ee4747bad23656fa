// The GraphQL documents of this folder, one file each, compiled in.
#pragma once

#include <cstdint>
#include <string_view>

namespace poller::monday {

struct Document {
    std::string_view name;  // of the file and of the operation in it
    std::string_view text;
    // Until the first answer tells what it costs.
    std::int64_t assumed_complexity = 30'000;
};

namespace documents {

extern const Document account;
extern const Document board_activity;
extern const Document board_activity_by_cursor;
extern const Document board_index;
extern const Document board_page;
extern const Document board_settings;
extern const Document board_webhooks;
extern const Document create_webhook;
extern const Document delete_webhook;
extern const Document item_subscribers;
extern const Document items_by_id;
extern const Document items_by_name;
extern const Document next_board_index;
extern const Document next_board_page;
extern const Document people;
extern const Document project_items;
extern const Document pushed_items;
extern const Document updates_by_id;

}  // namespace documents
}  // namespace poller::monday
