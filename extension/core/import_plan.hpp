// A mapping (JSON, from a user) compiled into the SQL expressions by which import_projects() reads a staging table.
//
//   {"fields": {"<field>": <source>, ...},
//    "shift_to_today": true | ["<date field>", ...],
//    "decimal_mark": "." | ",",                        of the file, for columns whose values do not tell it
//    "source": "<name>",                               what the file is, where missing_rows is to know it again
//    "missing_rows": "keep" | "archive",               of projects that came from this source before
//    "missing_rows_limit": <percent>,                  more of them stop the import; default 20
//    "accept_losses": true,                            unreadable columns and repeated ids do not stop it
//    "lookup_files": {"<table>": "<file>"}, "file": {...}, "preset": ...}   the loader's business; not read here
//
//   <source>: "<column>"                                a column as it is
//           | {"constant": <text, number or boolean>}
//           | {"days_between": ["<column>", "<column>"]}  whole days from the first to the second
//           | {"column": "<column>", ...}               with any of, applied in this order:
//                 "map": {"<from>": "<to>" | null}      other values stay as they are
//                 "lookup": {"table": "[schema.]<table>", "key": "<column>", "value": "<column>"}
//                 "format": "DD/MM/YYYY"                of a date; found in the values where it is not stated
//                 "plus_days": <whole number>           of a date
//                 "decimal_mark", "thousands_mark"      of a number; found in the values likewise
//                 "percent_scale": 1 | 100              of a percentage likewise
//                 "currency": "<code>"                  of an amount: others are refused
//                 "rates": {"<code>": <rate>, ...}      into the currency of the forecast
//                 "currency_column": "<column>"         where the currency stands; needs "rates"
//                 "only_if": {"column": "<column>", "in": ["<value>", ...]}
//           | {"columns": ["<column>", ...], ...}       several columns as one text, joined by " | "; "hash": true
//           makes
//                                                       a short key of it that stays the same
//           | [<source>, ...]                           the first of them that is not blank; no list within a list
#pragma once

#include <optional>
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

// One text that becomes a value. Its format is stated, or found in all its values.
struct Reading {
    std::string field;
    std::string column;  // what to call it: the columns that the text is made of
    FieldKind kind = FieldKind::kText;
    bool is_constant = false;
    bool is_text = true;  // false of a column that is no text in the source: the server has written its values
    std::string text_sql;
    std::string stated_format;  // what the mapping says, as FieldReader takes it; empty where it says nothing
};

struct ImportPlan {
    std::vector<PlannedField> fields;
    std::vector<Reading> readings;
    bool shift_to_today = false;
    std::string source;
    bool archives_missing_rows = false;
    double missing_rows_limit = 20;
    bool accepts_losses = false;
    std::optional<char> decimal_mark;
};

// source_columns are those of the staging table, which the expressions call `s`; an unqualified lookup table is taken
// from lookup_schema; decode_schema holds the decoding functions. Throws InputError: 22023 for a mapping that does
// not make sense, 42703 for a column that the staging table does not have.
[[nodiscard]] ImportPlan compile_import(std::string_view mapping, const std::vector<std::string> &source_columns,
                                        std::string_view lookup_schema, std::string_view decode_schema);

// The same for a table that is read in two steps, so that no text is read twice: the expressions call text and value of
// reading n `t<n>` and `d<n>`, counted from 0. is_text says which of source_columns are texts; `formats` are those of
// the readings in their order, none of them while they are still to be found.
[[nodiscard]] ImportPlan compile_staged_import(std::string_view mapping, const std::vector<std::string> &source_columns,
                                               const std::vector<bool> &is_text, std::string_view lookup_schema,
                                               std::string_view decode_schema, const std::vector<std::string> &formats);

// What becomes of reading n: decode_field() of its kind and format.
[[nodiscard]] std::string decoding_of(const Reading &reading, const std::string &text, std::string_view format,
                                      std::string_view decode_schema);

}  // namespace pipeline_forecast
