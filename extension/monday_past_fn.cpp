// SQL shells of the activity logs of monday.com: their entries as rows, and the past of items.
#include "pg/guard.hpp"

#include <nlohmann/json.hpp>

#include "core/interrupts.hpp"
#include "core/monday/field_value.hpp"
#include "core/monday/json_member.hpp"
#include "core/monday/past.hpp"
#include "pg/arguments.hpp"
#include "pg/json.hpp"

namespace {

using namespace pipeline_forecast;
using monday::member;
using nlohmann::json;

std::string text_in(const json &object, const char *key) {
    const json &text = member(object, key);
    return text.is_string() ? text.get<std::string>() : std::string{};
}

std::optional<monday::Microseconds> moment_in(const json &object, const char *key) {
    const json &moment = member(object, key);
    if (!moment.is_number_integer()) return std::nullopt;
    return moment.get<monday::Microseconds>();
}

json log_entry_as_json(const json &entry) {
    const std::string event = text_in(entry, "event");
    const std::string data = text_in(entry, "data");
    const std::string log_id = text_in(entry, "id");
    json row = {{"log_id", log_id}, {"event", event}, {"data", data}};
    const auto at = monday::decode_log_moment(text_in(entry, "created_at"));
    const auto activity = monday::read_activity(event, data, at.value_or(0));
    if (log_id.empty() || !at || !activity) {
        row["refusal"] = !activity ? "data is no JSON object" : !at ? "created_at is no moment" : "entry without an id";
        return row;
    }
    row["at"] = *at;
    row["item_ids"] = activity->item_ids;
    if (!activity->parent_id.empty()) row["parent_id"] = activity->parent_id;
    return row;
}

// The table stores as many decimals as its column has, the log as many as somebody typed.
std::string without_trailing_zeros(std::string text) {
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

// What is stored, in the same form as what is read from the log.
std::optional<std::string> stored_value(const monday::BoardColumn &column, const json &values,
                                        const monday::Board &board) {
    const json &value = member(values, std::string(column.field->name).c_str());
    if (value.is_array())
        return monday::field_value(column, {.ids = value.get<std::vector<std::string>>()}, board).value;
    if (value.is_null()) return std::nullopt;
    const std::string text = monday::brief(value);
    const bool is_number = column.field->kind != FieldKind::kText && column.field->kind != FieldKind::kDay;
    return is_number ? without_trailing_zeros(text) : text;
}

monday::PresentItem present_item(const json &source, const monday::Board &board) {
    monday::PresentItem item{.id = text_in(source, "id"),
                             .name = text_in(source, "name"),
                             .state = text_in(source, "state"),
                             .parent_id = text_in(source, "parent_id"),
                             .created_at = moment_in(source, "created_at")};
    item.values.reserve(board.columns.size());
    for (const monday::BoardColumn &column : board.columns) {
        item.values.push_back(stored_value(column, member(source, "values"), board));
    }
    return item;
}

std::vector<monday::Activity> log_of(const json &source) {
    std::vector<monday::Activity> log;
    for (const json &entry : member(source, "log")) {
        auto activity =
            monday::read_activity(text_in(entry, "event"), text_in(entry, "data"), moment_in(entry, "at").value_or(0));
        if (activity) log.push_back(*std::move(activity));
    }
    return log;
}

json as_json(const monday::Version &version, const monday::Board &board) {
    json values = json::object();
    json direct_fields = json::array();
    for (std::size_t i = 0; i < board.columns.size(); ++i) {
        const monday::BoardColumn &column = board.columns[i];
        const std::optional<std::string> &value = version.values[i];
        if (value) values[std::string(column.field->name)] = *value;
        const bool is_left_to_others = !value && column.field->origin == monday::Origin::kDefault;
        if (column.field->origin != monday::Origin::kRead && monday::leaves_a_trace(column) && !is_left_to_others) {
            direct_fields.push_back(column.field->name);
        }
    }
    return {{"valid_from", version.from},     {"item_name", version.name},      {"state", version.state},
            {"parent_id", version.parent_id}, {"direct_fields", direct_fields}, {"field_values", values}};
}

json as_json(const std::vector<monday::Refusal> &refusals) {
    json list = json::array();
    for (const monday::Refusal &refusal : refusals) {
        list.push_back({{"field", refusal.field}, {"raw", refusal.raw}, {"reason", refusal.reason}});
    }
    return list;
}

}  // namespace

// entries of a log as the API returns them -> [{"log_id", "at", "event", "item_ids", "parent_id", "data"}], or with a
// refusal in place of what could not be read
PIPELINE_FUNCTION(pipeline_read_monday_log) {
    const json entries = json::parse(pg::jsonb_argument(fcinfo, 0));
    json rows = json::array();
    if (entries.is_array()) {
        for (const json &entry : entries) rows.push_back(log_entry_as_json(entry));
    }
    return pg::jsonb_datum(rows);
}

// [{"id", "name", "state", "parent_id", "created_at", "values", "log": [{"at", "event", "data"}]}],
// {board, "log_begins", "people"} -> [{"item_id", "is_whole", "came_from_elsewhere", "contradictions", "versions",
// "refusals"}]
PIPELINE_FUNCTION(pipeline_walk_monday_past) {
    const std::string_view items_text = pg::jsonb_argument(fcinfo, 0);
    const std::string_view board_text = pg::jsonb_argument(fcinfo, 1);
    const json settings = json::parse(board_text);
    const monday::Board board = monday::read_board(board_text);
    const monday::Microseconds log_begins = moment_in(settings, "log_begins").value_or(0);
    const monday::People people = member(settings, "people").get<monday::People>();
    json pasts = json::array();
    for (const json &source : json::parse(items_text)) {
        check_interrupts();
        const monday::PresentItem item = present_item(source, board);
        const monday::Past past = monday::walk_back(item, log_of(source), log_begins, board, people);
        json versions = json::array();
        for (const monday::Version &version : past.versions) versions.push_back(as_json(version, board));
        pasts.push_back({{"item_id", item.id},
                         {"is_whole", past.is_whole},
                         {"came_from_elsewhere", past.came_from_elsewhere},
                         {"contradictions", past.contradictions},
                         {"versions", versions},
                         {"refusals", as_json(past.refusals)}});
    }
    return pg::jsonb_datum(pasts);
}
