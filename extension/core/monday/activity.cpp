#include "core/monday/activity.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/decode.hpp"
#include "core/limits.hpp"
#include "core/monday/json_member.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

using nlohmann::json;

constexpr std::size_t kTickDigits = 17;
constexpr std::int64_t kTicksPerMicrosecond = 10;

struct EventPart {
    std::string_view part;  // of the name of an event, single or of a batch
    ActivityKind kind;
};

// The first that fits. A move within a board (between groups) is none that the pipeline knows, and what happens to
// columns, groups and comments happens to no item.
constexpr std::array kEvents{
    EventPart{"column_value", ActivityKind::kColumn},
    EventPart{"update_name", ActivityKind::kName},
    EventPart{"move_subitem", ActivityKind::kReparented},
    EventPart{"into_board", ActivityKind::kArrived},
    EventPart{"to_board", ActivityKind::kLeft},
    EventPart{"from_board", ActivityKind::kLeft},
    EventPart{"archive_pulse", ActivityKind::kArchived},
    EventPart{"archive_item", ActivityKind::kArchived},
    EventPart{"archive_subitem", ActivityKind::kArchived},
    EventPart{"delete_pulse", ActivityKind::kDeleted},
    EventPart{"delete_item", ActivityKind::kDeleted},
    EventPart{"delete_subitem", ActivityKind::kDeleted},
    EventPart{"restore_pulse", ActivityKind::kRestored},
    EventPart{"restore_item", ActivityKind::kRestored},
    EventPart{"restore_subitem", ActivityKind::kRestored},
    EventPart{"create_pulse", ActivityKind::kCreated},
    EventPart{"create_item", ActivityKind::kCreated},
    EventPart{"create_subitem", ActivityKind::kCreated},
};

ActivityKind kind_of(std::string_view event) {
    const auto found = std::ranges::find_if(
        kEvents, [event](const EventPart &each) { return event.find(each.part) != std::string_view::npos; });
    return found == kEvents.end() ? ActivityKind::kOther : found->kind;
}

std::string id_text(const json &id) {
    if (id.is_number_integer()) return id.dump();
    if (!id.is_string()) return {};
    const std::string_view text = trimmed(id.get_ref<const std::string &>());
    return text.size() > kLongestIdBytes ? std::string{} : std::string(text);
}

void append_ids(const json &value, std::vector<std::string> &ids) {
    if (!value.is_array()) {
        if (std::string id = id_text(value); !id.empty()) ids.push_back(std::move(id));
        return;
    }
    for (const json &each : value) {
        if (std::string id = id_text(each); !id.empty()) ids.push_back(std::move(id));
    }
}

std::string text_or_nothing(const json &object, const char *key) {
    const json &text = member(object, key);
    return text.is_string() ? text.get<std::string>() : std::string{};
}

// The first member that is there at all; null counts.
std::optional<json> side_of(const json &data, std::initializer_list<const char *> names) {
    for (const char *name : names) {
        const auto found = data.find(name);
        if (found != data.end()) return *found;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Microseconds> decode_log_moment(std::string_view text) {
    text = trimmed(text);
    std::int64_t ticks = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ticks);
    if (error != std::errc{} || end != text.data() + text.size() || text.size() != kTickDigits || ticks < 0) {
        return std::nullopt;
    }
    return ticks / kTicksPerMicrosecond;
}

std::optional<Activity> read_activity(std::string_view event, std::string_view data_text, Microseconds at) {
    const json data = json::parse(data_text, nullptr, false);
    if (!data.is_object()) return std::nullopt;
    Activity entry{.kind = kind_of(event), .at = at};
    for (const char *name : {"pulse_id", "item_id", "pulse_ids", "item_ids"}) {
        append_ids(member(data, name), entry.item_ids);
    }
    entry.column_id = text_or_nothing(data, "column_id");
    entry.name = text_or_nothing(data, "pulse_name");
    entry.parent_id = id_text(member(data, "parent_item_id"));
    entry.after = side_of(data, {"value", "post_value"});
    entry.before = side_of(data, {"previous_value"});
    entry.before_in_words = side_of(data, {"previous_textual_value"});
    return entry;
}

}  // namespace pipeline_forecast::monday
