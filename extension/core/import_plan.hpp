// A mapping (JSON, from a user) compiled into the SQL expressions by which import_projects() reads a staging table.
//
//   {"fields": {"<field>": <source>, ...},
//    "shift_to_today": true | ["<date field>", ...],
//    "lookup_files": {"<table>": "<file>"}}            what a loader fills second tables from; not read here
//
//   <source>: "<column>"                                a column as it is
//           | {"constant": <text, number or boolean>}
//           | {"days_between": ["<column>", "<column>"]}  whole days from the first to the second
//           | {"column": "<column>", ...}               with any of, applied in this order:
//                 "map": {"<from>": "<to>" | null}      other values stay as they are
//                 "lookup": {"table": "[schema.]<table>", "key": "<column>", "value": "<column>"}
//                 "format": "DD/MM/YYYY"                of a date, default YYYY-MM-DD
//                 "plus_days": <whole number>           of a date
//                 "only_if": {"column": "<column>", "in": ["<value>", ...]}
//           | [<source>, ...]                           the first of them that is not blank; no list within a list
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/import_field.hpp"

namespace pipeline_forecast {

struct PlannedField {
    std::string name;
    std::string column;
    std::string type;        // SQL type of the column
    std::string raw_sql;     // the text as found, NULL where blank
    std::string value_sql;   // the value, NULL where the text cannot be read
    std::string reason_sql;  // why it cannot be read, where it cannot
    bool is_day = false;
    bool counts_for_shift = false;  // its newest day becomes today under shift_to_today
};

struct ImportPlan {
    std::vector<PlannedField> fields;
    bool shift_to_today = false;
};

// source_columns are those of the staging table, which the expressions call `s`; an unqualified lookup table is taken
// from lookup_schema; decode_schema holds the decoding functions. Throws InputError: 22023 for a mapping that does
// not make sense, 42703 for a column that the staging table does not have.
[[nodiscard]] ImportPlan compile_import(std::string_view mapping, const std::vector<std::string> &source_columns,
                                        std::string_view lookup_schema, std::string_view decode_schema);

}  // namespace pipeline_forecast
