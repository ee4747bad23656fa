#include "core/monday/item.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/decode.hpp"
#include "core/input_error.hpp"
#include "core/limits.hpp"
#include "core/monday/field_value.hpp"
#include "core/monday/json_member.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kStates{"active", "archived", "deleted"};

// An id is a text in the API's answers and a number in some of its events.
std::optional<std::string> id_member(const json &object, const char *key) {
    const json &id = member(object, key);
    if (id.is_number_integer()) return id.dump();
    if (!id.is_string()) return std::nullopt;
    const std::string_view text = trimmed(id.get_ref<const std::string &>());
    return text.empty() || text.size() > kLongestIdBytes ? std::nullopt : std::optional(std::string(text));
}

class ItemReader {
public:
    ItemReader(const json &source, const Board &board) : source_(source), board_(board) {}

    [[nodiscard]] Item read() {
        if (!read_identity()) return std::move(item_);
        item_.updated_at = read_moment("updated_at");
        item_.created_at = read_moment("created_at");
        std::unordered_map<std::string_view, const json *> found;
        const json &column_values = member(source_, "column_values");
        if (column_values.is_array()) {
            for (const json &column_value : column_values) {
                const json &id = member(column_value, "id");
                if (id.is_string()) found[id.get_ref<const std::string &>()] = &column_value;
            }
        }
        // Where no column tells when the item was created, the item itself says it as such a column would.
        if (!member(source_, "created_at").is_null()) found[{}] = &source_;
        for (const BoardColumn &column : board_.columns) {
            const auto value = found.find(column.column_id);
            if (value == found.end()) {
                item_.absent_fields.push_back(column.field->name);
                item_.values.emplace_back();
                continue;
            }
            // A column that became another kind of column is read as what it is now.
            const json &type = member(*value->second, "type");
            const bool knows_better = type.is_string() && is_known_kind(type.get_ref<const std::string &>());
            read_value(column, *value->second, knows_better ? type.get_ref<const std::string &>() : column.kind);
        }
        std::ranges::sort(item_.direct_fields);
        return std::move(item_);
    }

private:
    bool read_identity() {
        if (!source_.is_object()) return refuse("not an item");
        const std::optional<std::string> id = id_member(source_, "id");
        if (!id) return refuse("item without an id");
        item_.id = *id;
        const json &name = member(source_, "name");
        if (name.is_string()) item_.name = name.get<std::string>();
        const json &state = member(source_, "state");
        if (!state.is_null() &&
            (!state.is_string() || std::ranges::find(kStates, state.get_ref<const std::string &>()) == kStates.end())) {
            return refuse("unknown state " + brief(state));
        }
        item_.state = state.is_null() ? "active" : state.get<std::string>();
        item_.parent_id = id_member(member(source_, "parent_item"), "id");
        item_.board_id = id_member(member(source_, "board"), "id");
        return true;
    }

    bool refuse(std::string reason) {
        item_.refusal = std::move(reason);
        return false;
    }

    std::optional<std::string> read_moment(const char *key) {
        const json &moment = member(source_, key);
        if (moment.is_null()) return std::nullopt;
        const std::string text = brief(moment);
        const Decoded<std::string> decoded = decode_moment(text);
        if (!decoded.value) item_.refusals.push_back({key, text, decoded.reason});
        return decoded.value;
    }

    void read_value(const BoardColumn &column, const json &source, std::string_view kind) {
        const Field &field = *column.field;
        const Reading reading = read_column(kind, source, column.labels);
        const FieldValue found = field_value(column, reading, board_);
        if (!found.refusal.empty()) {
            item_.refusals.push_back({std::string(field.name), reading.text, found.refusal});
        }
        const bool says_nothing = !found.value && (field.origin == Origin::kDefault || may_be_unreadable(kind));
        if (field.origin != Origin::kRead && !says_nothing) item_.direct_fields.push_back(field.name);
        item_.values.push_back(found.value);
    }

    const json &source_;
    const Board &board_;
    Item item_;
};

}  // namespace

Board read_board(std::string_view text) {
    const json document = json::parse(text);
    const std::string role_name = document.at("role").get<std::string>();
    const Role role = require_role(role_name);
    Board board{.role = role,
                .decimal_mark = document.at("decimal_mark").get<std::string>().at(0),
                .date_format = document.at("date_format").get<std::string>(),
                .columns = {}};
    for (const json &column : document.at("columns")) {
        const std::string name = column.at("field").get<std::string>();
        const Field *field = find_field(role, name);
        if (field == nullptr) {
            throw InputError(kInvalidParameter,
                             "monday_column maps unknown field \"" + name + "\" of a " + role_name + " board",
                             "Import the board configuration anew with import_monday_boards().");
        }
        if (field->origin == Origin::kWritten) continue;
        Labels labels;
        if (const json &known = member(column, "labels"); known.is_object()) {
            for (const auto &[id, label] : known.items()) {
                if (label.is_string()) labels.emplace(id, label.get<std::string>());
            }
        }
        const json &id = member(column, "column_id");
        board.columns.push_back({.column_id = id.is_string() ? id.get<std::string>() : std::string{},
                                 .field = field,
                                 .kind = column.at("kind").get<std::string>(),
                                 .labels = std::move(labels)});
    }
    return board;
}

Item read_item(const json &item, const Board &board) { return ItemReader(item, board).read(); }

}  // namespace pipeline_forecast::monday
