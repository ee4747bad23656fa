// The GraphQL documents of this folder, one file each, compiled in.
#pragma once

#include <string_view>

namespace poller::monday {

struct Document {
    std::string_view name;  // of the file and of the operation in it
    std::string_view text;
};

namespace documents {

extern const Document account;
extern const Document board_activity;
extern const Document board_index;
extern const Document board_page;
extern const Document board_settings;
extern const Document board_webhooks;
extern const Document change_columns;
extern const Document create_comment;
extern const Document create_webhook;
extern const Document delete_webhook;
extern const Document edit_comment;
extern const Document items_by_id;
extern const Document items_by_name;
extern const Document next_board_index;
extern const Document next_board_page;
extern const Document project_items;
extern const Document pushed_item;

}  // namespace documents
}  // namespace poller::monday
