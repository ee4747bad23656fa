// One entry of the activity log of a board: what happened to which items, and what was there before.
//
//   {"event": "update_column_value", "created_at": "17664000000000000", "data": "{\"pulse_id\": 5, ...}"}
// `data` is JSON within a text; any of its keys may be missing.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipeline_forecast::monday {

using Microseconds = std::int64_t;  // since 1970, UTC

enum class ActivityKind {
    kColumn,   // a value of a column changed
    kName,     // the item was renamed
    kCreated,  // the item came into being on this board
    kArrived,  // it was moved here from another board
    kLeft,     // it was moved to another board
    kArchived,
    kDeleted,
    kRestored,
    kReparented,  // a subitem was moved to another item
    kOther,       // whatever else: it tells at most the name and the parent of then
};

struct Activity {
    ActivityKind kind = ActivityKind::kOther;
    Microseconds at = 0;
    std::vector<std::string> item_ids = {};  // several in a batch
    std::string column_id = {};
    std::string name = {};       // of the item at that moment; empty where the entry does not say
    std::string parent_id = {};  // likewise
    // The value after and before; nothing where the entry does not say, null where there was none.
    std::optional<nlohmann::json> after = {};
    std::optional<nlohmann::json> before = {};
    std::optional<nlohmann::json> before_in_words = {};  // as people saw it
};

// A moment of the log: 17 digits that count units of 100 ns. Nothing for any other text.
[[nodiscard]] std::optional<Microseconds> decode_log_moment(std::string_view text);

// Nothing where data is no JSON object. An undo is a change like any other.
[[nodiscard]] std::optional<Activity> read_activity(std::string_view event, std::string_view data, Microseconds at);

}  // namespace pipeline_forecast::monday
