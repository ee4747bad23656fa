// The configuration file that says which boards feed the pipeline and which of their columns hold which fields.
//
//   {"boards": [{
//      "board_id": "4100000001", "role": "parent" | "subitem" | "hidden", "name": "Projects",
//      "parent_board_id": "..."              of a subitem or hidden board
//      "currency": "EUR", "decimal_mark": "." | ",", "date_format": "YYYY-MM-DD" | "DD/MM/YYYY"      may be left out
//      "columns": [{"column_id": "status", "title": "Stage", "kind": "status", "field": "pipeline_stage",
//                   "writable": false,       true for the columns that the pipeline writes
//                   "labels": {"1": "Won"}   may be left out: the settings of the board's own column hold them
//                  }]}],
//    "stages": [...]                rules for the labels of the stages (core/monday/stage_rules.hpp); may be left out
//    "possible_fields": {...}       the fields of each role, for whoever edits the file; not read
//   }
// A column whose field is null is listed and holds none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/monday/column.hpp"
#include "core/monday/field.hpp"

namespace pipeline_forecast::monday {

struct ColumnConfig {
    std::string column_id;
    std::optional<std::string> title = {};
    std::string kind = {};
    const Field *field = nullptr;
    std::optional<Labels> labels = {};
};

struct BoardConfig {
    std::string board_id;
    Role role = Role::kParent;
    std::string name = {};
    std::optional<std::string> parent_board_id = {};
    std::optional<std::string> currency = {};
    std::string decimal_mark = ".";
    std::string date_format = "YYYY-MM-DD";
    std::vector<ColumnConfig> columns = {};  // without those that have no field
};

// Whether a column of the kind can hold values of the field.
[[nodiscard]] bool fits(const Field &field, std::string_view kind) noexcept;

// Throws InputError (22023), naming board and column, for a configuration that makes no sense in itself. Whether a
// parent board that it does not describe is known remains to be seen.
[[nodiscard]] std::vector<BoardConfig> read_board_config(std::string_view text);

}  // namespace pipeline_forecast::monday
