// SQL shells of the board configuration: checking one, proposing one, and labels from settings.
#include "pg/guard.hpp"

#include <nlohmann/json.hpp>

#include "core/input_error.hpp"
#include "core/monday/board_config.hpp"
#include "core/monday/json_member.hpp"
#include "core/monday/label_settings.hpp"
#include "core/monday/mapping.hpp"
#include "pg/arguments.hpp"
#include "pg/json.hpp"
#include "pg/result_set.hpp"

namespace {

using namespace pipeline_forecast;
using nlohmann::json;

template <typename Value>
json or_null(const std::optional<Value> &value) {
    return value ? json(*value) : json();
}

json as_json(const monday::BoardConfig &board) {
    json columns = json::array();
    for (const monday::ColumnConfig &column : board.columns) {
        columns.push_back({{"column_id", column.column_id},
                           {"title", or_null(column.title)},
                           {"kind", column.kind},
                           {"field", column.field->name},
                           {"writable", column.field->origin == monday::Origin::kWritten},
                           {"labels", or_null(column.labels)}});
    }
    return {{"board_id", board.board_id},
            {"role", to_string(board.role)},
            {"name", board.name},
            {"parent_board_id", or_null(board.parent_board_id)},
            {"currency", or_null(board.currency)},
            {"decimal_mark", board.decimal_mark},
            {"date_format", board.date_format},
            {"columns", columns}};
}

std::string text_member(const json &object, const char *key) {
    const json &text = monday::member(object, key);
    return text.is_string() ? text.get<std::string>() : std::string{};
}

std::vector<monday::TitledColumn> titled_columns(const json &list) {
    if (!list.is_array()) {
        throw InputError(kInvalidParameter, "board_columns must be a list of columns",
                         "Give the columns as the API returns them: [{\"id\", \"title\", \"type\"}].");
    }
    std::vector<monday::TitledColumn> columns;
    for (const json &column : list) {
        columns.push_back({text_member(column, "id"), text_member(column, "title"), text_member(column, "type")});
    }
    return columns;
}

}  // namespace

// config -> a list of boards, checked and complete
PIPELINE_FUNCTION(pipeline_read_monday_config) {
    const std::string_view config = pg::jsonb_argument(fcinfo, 0);
    json boards = json::array();
    for (const monday::BoardConfig &board : monday::read_board_config(config)) boards.push_back(as_json(board));
    return pg::jsonb_datum(boards);
}

// settings of a column -> {"<label id>": "<text>"}
PIPELINE_FUNCTION(pipeline_monday_labels) {
    const std::string_view settings = pg::jsonb_argument(fcinfo, 0);
    return pg::jsonb_datum(monday::read_label_settings(json::parse(settings)));
}

// columns of a board, role -> one row for each column with the field proposed for it, if any, and why
PIPELINE_FUNCTION(pipeline_propose_monday_mapping) {
    const std::string_view list = pg::jsonb_argument(fcinfo, 0);
    const std::string_view role_name = pg::text_argument(fcinfo, 1);
    const pg::ResultSet result = pg::begin_result_set(fcinfo);
    const std::vector<monday::TitledColumn> columns = titled_columns(json::parse(list));
    for (const monday::Proposal &proposal : monday::propose_mapping(columns, monday::require_role(role_name))) {
        pg::pg_call([&] {
            const bool has_field = proposal.field != nullptr;
            Datum values[] = {pg::text_datum(proposal.column->column_id), pg::text_datum(proposal.column->title),
                              pg::text_datum(proposal.column->kind),
                              has_field ? pg::text_datum(proposal.field->name) : Datum{0},
                              pg::text_datum(proposal.reason)};
            bool nulls[] = {false, false, false, !has_field, false};
            tuplestore_putvalues(result.rows, result.descriptor, values, nulls);
        });
    }
    return Datum{0};
}
