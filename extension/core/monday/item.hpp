// An item of a board, as the API returns it, decoded into the fields that the board's columns are mapped to.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/monday/column.hpp"
#include "core/monday/field.hpp"

namespace pipeline_forecast::monday {

struct BoardColumn {
    std::string column_id;  // empty: the item itself, which knows when it was created
    const Field *field;
    std::string kind;
    Labels labels;
};

struct Board {
    Role role = Role::kParent;
    char decimal_mark = '.';
    std::string date_format;
    std::vector<BoardColumn> columns;  // without those that are written
};

struct Refusal {
    std::string field;
    std::string raw;
    std::string reason;
};

struct Item {
    // Why the item as a whole cannot be kept; empty where it can. Then only id and refusal mean something.
    std::string refusal;
    std::string id;
    std::optional<std::string> name;
    std::string state;
    std::optional<std::string> updated_at;
    std::optional<std::string> created_at;
    std::optional<std::string> parent_id;
    std::optional<std::string> board_id;  // where the item is now, if it says so
    // As many as the board has columns, in their order, in the text form in which PostgreSQL reads a value of the
    // field.
    std::vector<std::optional<std::string>> values;
    // Derived fields whose value was read, so that nothing is derived over it.
    std::vector<std::string_view> direct_fields;
    // Fields whose column the item did not bring along.
    std::vector<std::string_view> absent_fields;
    std::vector<Refusal> refusals;  // of single values; the rest of the item is kept
};

// A board from {"role", "decimal_mark", "date_format", "columns": [{"column_id", "field", "kind", "labels"}]}.
// Throws InputError (22023) for a role or a field that does not exist.
[[nodiscard]] Board read_board(std::string_view board);

// Any JSON is read. An item without a state is active: lists of active items leave the state out.
[[nodiscard]] Item read_item(const nlohmann::json &item, const Board &board);

}  // namespace pipeline_forecast::monday
