// A semantic model of Power BI: tables over views, how they relate, and measures. Text alone; nothing here is sent
// anywhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace poller::powerbi {

// What the catalog says of a view and its columns. Types are as format_type() writes them.
struct ViewColumn {
    std::string name;
    std::string type;
    std::string comment;
};
struct View {
    std::string name;
    std::string comment;
    std::vector<ViewColumn> columns;
};

// Types of the model: double, decimal (four decimals, exact), int64, string, boolean, dateTime.
struct Column {
    std::string name;    // as people read it: "Expected value"
    std::string source;  // as the view calls it: expected_value
    std::string type;
    std::string format;  // empty: Power BI's own
    std::string description;
    std::string sort_by;  // name of another column; empty: by itself
    bool hidden = false;
    bool key = false;
};

struct Measure {
    std::string name;
    std::string expression;  // DAX; may have several lines
    std::string format;
    std::string description;
};

struct Table {
    std::string name;
    std::string view;
    std::string description;
    std::vector<Column> columns;
    std::vector<Measure> measures;
    bool is_calendar = false;
    // Loaded by months of this column of type date (its name in the view); empty: loaded whole.
    std::string refreshed_by;
    // What tells a changed month from an unchanged one (its name in the view).
    std::string changed_by;
};

// Many rows of the first column belong to one of the second.
struct Relationship {
    std::string from_table, from_column;
    std::string to_table, to_column;
};

struct Model {
    std::vector<Table> tables;
    std::vector<Relationship> relationships;
};

// Where Power BI finds the database; months are loaded from first_day on, to before last_day, until a refresh in the
// service decides by the policy.
struct Source {
    std::string server;  // HOST or HOST:PORT
    std::string database;
    std::string schema;
    std::string first_day, last_day;  // YYYY-MM-DD
};

}  // namespace poller::powerbi
