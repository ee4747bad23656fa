#include "core/monday/board_config.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>

#include "core/decode.hpp"
#include "core/input_error.hpp"
#include "core/limits.hpp"
#include "core/monday/json_member.hpp"
#include "core/sql_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string &place, const std::string &problem, std::string_view hint = {}) {
    constexpr std::string_view kHint =
        "A configuration is {\"boards\": [{\"board_id\", \"role\", \"name\", \"columns\": [...]}]}; "
        "docs/monday.md shows one.";
    throw InputError(kInvalidParameter, "board configuration: " + place + problem, hint.empty() ? kHint : hint);
}

std::string in_quotes(std::string_view text) { return quoted(text, '"'); }

void require_keys(const json &object, const std::string &place, std::initializer_list<std::string_view> known) {
    if (!object.is_object()) refuse(place, " must be an object");
    for (const auto &[key, value] : object.items()) {
        if (std::ranges::find(known, std::string_view{key}) == known.end()) {
            refuse(place, " has the unknown key " + in_quotes(key));
        }
    }
}

std::optional<std::string> optional_text(const json &object, const char *key, const std::string &place) {
    const json &value = member(object, key);
    if (value.is_null()) return std::nullopt;
    if (!value.is_string()) refuse(place, ": " + in_quotes(key) + " must be a text");
    const std::string_view text = trimmed(value.get_ref<const std::string &>());
    return text.empty() ? std::nullopt : std::optional(std::string(text));
}

std::string required_text(const json &object, const char *key, const std::string &place) {
    std::optional<std::string> text = optional_text(object, key, place);
    if (!text) refuse(place, " needs " + in_quotes(key));
    return *std::move(text);
}

// Ids are texts of digits in the API; written as numbers they mean the same.
std::string required_id(const json &object, const char *key, const std::string &place) {
    const json &value = member(object, key);
    std::string id = value.is_number_integer() ? value.dump() : required_text(object, key, place);
    if (id.size() > kLongestIdBytes) {
        refuse(place, ": " + in_quotes(key) + " is longer than " + std::to_string(kLongestIdBytes) + " bytes");
    }
    return id;
}

template <std::size_t Count>
std::string one_of(const json &object, const char *key, const std::string &place,
                   const std::array<std::string_view, Count> &known) {
    const std::optional<std::string> text = optional_text(object, key, place);
    if (!text) return std::string(known.front());
    if (std::ranges::find(known, *text) == known.end()) {
        std::string list;
        for (const std::string_view each : known) list.append(list.empty() ? "" : " or ").append(in_quotes(each));
        refuse(place, ": " + in_quotes(key) + " must be " + list + ", not " + in_quotes(*text));
    }
    return *text;
}

std::string list_of_fields(Role role) {
    std::string list;
    for (const Field &field : fields_of(role)) list.append(list.empty() ? "" : ", ").append(field.name);
    return list;
}

std::optional<Labels> read_labels(const json &column, const std::string &place) {
    const json &given = member(column, "labels");
    if (given.is_null()) return std::nullopt;
    if (!given.is_object()) refuse(place, ": \"labels\" must be an object of label ids and texts");
    Labels labels;
    for (const auto &[id, text] : given.items()) {
        if (!text.is_string()) refuse(place, ": label " + in_quotes(id) + " must be a text");
        labels.emplace(id, text.get<std::string>());
    }
    return labels;
}

// Without a value: a column that is listed but holds no field.
std::optional<ColumnConfig> read_column_config(const json &column, Role role, const std::string &board_place) {
    require_keys(column, board_place + ", a column", {"column_id", "title", "kind", "field", "writable", "labels"});
    ColumnConfig config{.column_id = required_id(column, "column_id", board_place + ", a column")};
    const std::string place = board_place + ", column " + in_quotes(config.column_id);
    config.title = optional_text(column, "title", place);
    const std::optional<std::string> name = optional_text(column, "field", place);
    if (!name) return std::nullopt;
    config.field = find_field(role, *name);
    if (config.field == nullptr) {
        refuse(place, ": a " + std::string(to_string(role)) + " board has no field " + in_quotes(*name),
               "Its fields are: " + list_of_fields(role) + ".");
    }
    config.kind = required_text(column, "kind", place);
    if (!is_known_kind(config.kind)) {
        refuse(place, ": columns of kind " + in_quotes(config.kind) + " cannot be read",
               "Kinds are those of the API, for example numbers, date, status, text.");
    }
    if (!fits(*config.field, config.kind)) {
        refuse(place, ": a column of kind " + in_quotes(config.kind) + " cannot hold field " + in_quotes(*name));
    }
    const json &writable = member(column, "writable");
    if (!writable.is_null() && !writable.is_boolean()) refuse(place, ": \"writable\" must be true or false");
    const bool is_written = config.field->origin == Origin::kWritten;
    if (writable.is_boolean() && writable.get<bool>() != is_written) {
        refuse(place, ": field " + in_quotes(*name) +
                          (is_written ? " is written to the board" : " is read, not written") +
                          ", so \"writable\" is " + (is_written ? "true" : "false"));
    }
    config.labels = read_labels(column, place);
    return config;
}

BoardConfig read_one_board(const json &board) {
    require_keys(board, "a board",
                 {"board_id", "role", "name", "parent_board_id", "currency", "decimal_mark", "date_format", "columns"});
    BoardConfig config{.board_id = required_id(board, "board_id", "a board")};
    const std::string place = "board " + in_quotes(config.board_id);
    const std::string role_name = required_text(board, "role", place);
    const std::optional<Role> role = parse_role(role_name);
    if (!role) refuse(place, ": unknown role " + in_quotes(role_name), "Roles are parent, subitem and hidden.");
    config.role = *role;
    config.name = required_text(board, "name", place);
    config.currency = optional_text(board, "currency", place);
    config.decimal_mark = one_of<2>(board, "decimal_mark", place, {".", ","});
    config.date_format = one_of<2>(board, "date_format", place, {"YYYY-MM-DD", "DD/MM/YYYY"});
    const bool has_parent = !member(board, "parent_board_id").is_null();
    if (has_parent && *role == Role::kParent) refuse(place, ": a parent board has no \"parent_board_id\"");
    if (*role != Role::kParent) {
        if (!has_parent) {
            refuse(place, " needs \"parent_board_id\"",
                   "A subitem or hidden board names the parent board whose projects it describes.");
        }
        config.parent_board_id = required_id(board, "parent_board_id", place);
    }

    const json &columns = member(board, "columns");
    if (!columns.is_array()) refuse(place, " needs a list \"columns\"");
    std::set<std::string> ids;
    std::set<std::string_view> fields;
    for (const json &column : columns) {
        std::optional<ColumnConfig> read = read_column_config(column, *role, place);
        if (!read) continue;
        const std::string column_place = place + ", column " + in_quotes(read->column_id);
        if (!ids.insert(read->column_id).second) refuse(column_place, " stands more than once");
        if (!fields.insert(read->field->name).second) {
            refuse(column_place, ": field " + in_quotes(read->field->name) + " has a column already");
        }
        config.columns.push_back(*std::move(read));
    }
    return config;
}

void require_known_parents(const std::vector<BoardConfig> &boards) {
    for (const BoardConfig &board : boards) {
        if (!board.parent_board_id) continue;
        const auto parent = std::ranges::find(boards, *board.parent_board_id, &BoardConfig::board_id);
        if (parent != boards.end() && parent->role != Role::kParent) {
            refuse("board " + in_quotes(board.board_id), ": its parent board " + in_quotes(*board.parent_board_id) +
                                                             " is a " + std::string(to_string(parent->role)) +
                                                             " board");
        }
    }
}

}  // namespace

bool fits(const Field &field, std::string_view kind) noexcept {
    constexpr std::array<std::string_view, 8> kDays{"date",         "text",    "timeline", "creation_log",
                                                    "last_updated", "formula", "mirror",   "long_text"};
    if (field.origin == Origin::kWritten) return kind == "numbers";
    if (field.name == kRelationField) return kind == "board_relation";
    return field.kind != FieldKind::kDay || std::ranges::find(kDays, kind) != kDays.end();
}

std::vector<BoardConfig> read_board_config(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded()) refuse("", "not valid JSON");
    // The stages are read by read_stage_rules(); the fields that a column may hold stand there for whoever edits the
    // file.
    require_keys(document, "the document", {"boards", "stages", "possible_fields"});
    const json &list = member(document, "boards");
    if (!list.is_array() || list.empty()) refuse("the document", " needs a list \"boards\" that is not empty");
    std::vector<BoardConfig> boards;
    for (const json &board : list) {
        boards.push_back(read_one_board(board));
        const BoardConfig &read = boards.back();
        if (std::ranges::count(boards, read.board_id, &BoardConfig::board_id) > 1) {
            refuse("board " + in_quotes(read.board_id), " stands more than once");
        }
    }
    require_known_parents(boards);
    return boards;
}

}  // namespace pipeline_forecast::monday
