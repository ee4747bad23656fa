// SQL shells of the board configuration: checking one, proposing one, and labels from settings.
#include "pg/guard.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/decode.hpp"
#include "core/input_error.hpp"
#include "core/monday/board_config.hpp"
#include "core/monday/column.hpp"
#include "core/monday/json_member.hpp"
#include "core/monday/label_settings.hpp"
#include "core/monday/mapping.hpp"
#include "core/monday/stage_rules.hpp"
#include "core/recognition/column_content.hpp"
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

// The kind of the column that a mirror looks through: its settings name it as a text or as the member of an object.
bool looks_through_subitems(const json &column, const json &list) {
    json settings = monday::member(column, "settings");
    if (settings.is_string()) settings = json::parse(settings.get<std::string>(), nullptr, false);
    const json &relation = monday::member(settings, "relation_column");
    return std::ranges::any_of(list, [&](const json &each) {
        const std::string id = text_member(each, "id");
        return text_member(each, "type") == "subtasks" &&
               (relation == json(id) || !monday::member(relation, id.c_str()).is_null());
    });
}

std::vector<std::string> texts_of(const json &list) {
    std::vector<std::string> texts;
    if (!list.is_array()) return texts;
    for (const json &each : list) {
        if (each.is_string()) texts.emplace_back(trimmed(each.get_ref<const std::string &>()));
    }
    std::erase(texts, std::string{});
    return texts;
}

std::vector<monday::TitledColumn> titled_columns(const json &list) {
    if (!list.is_array()) {
        throw InputError(kInvalidParameter, "board_columns must be a list of columns",
                         "Give the columns as the API returns them: [{\"id\", \"title\", \"type\"}].");
    }
    std::vector<monday::TitledColumn> columns;
    for (const json &column : list) {
        monday::TitledColumn read{.column_id = text_member(column, "id"),
                                  .title = text_member(column, "title"),
                                  .kind = text_member(column, "type"),
                                  .samples = texts_of(monday::member(column, "samples"))};
        if (read.kind == "status") {
            for (StageLabel &label : monday::read_stage_labels(monday::member(column, "settings"))) {
                read.labels.push_back(std::move(label.text));
            }
        }
        read.is_link = monday::member(column, "is_link") == json(true);
        read.shows_subitems = read.kind == "mirror" && looks_through_subitems(column, list);
        columns.push_back(std::move(read));
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

// settings of a status column -> [{"label", "is_done"}] in the order of the board
PIPELINE_FUNCTION(pipeline_monday_stage_labels) {
    const std::string_view settings = pg::jsonb_argument(fcinfo, 0);
    json labels = json::array();
    for (const StageLabel &label : monday::read_stage_labels(json::parse(settings))) {
        labels.push_back({{"label", label.text}, {"is_done", label.is_done}});
    }
    return pg::jsonb_datum(labels);
}

// role, field, kind -> whether a column of the kind can hold the field
PIPELINE_FUNCTION(pipeline_monday_column_fits) {
    const monday::Role role = monday::require_role(pg::text_argument(fcinfo, 0));
    const monday::Field *field = monday::find_field(role, pg::text_argument(fcinfo, 1));
    const std::string_view kind = pg::text_argument(fcinfo, 2);
    if (field == nullptr || !monday::is_known_kind(kind) || !monday::fits(*field, kind)) PG_RETURN_BOOL(false);
    const Content content = content_of_kind(kind);
    PG_RETURN_BOOL(content == Content::kUnknown || can_hold(field->kind, content));
}

// config -> [{"stage", "stage_bucket", "outcome", "default_probability", "default_spread"}], without those that are
// undecided
PIPELINE_FUNCTION(pipeline_monday_config_stages) {
    const std::string_view config = pg::jsonb_argument(fcinfo, 0);
    json stages = json::array();
    for (const monday::StageRule &rule : monday::read_stage_rules(config)) {
        stages.push_back({{"stage", rule.stage},
                          {"stage_bucket", to_string(rule.bucket)},
                          {"outcome", to_string(rule.outcome)},
                          {"default_probability", rule.probability},
                          {"default_spread", rule.spread}});
    }
    return pg::jsonb_datum(stages);
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
