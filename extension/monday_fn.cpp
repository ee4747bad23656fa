// SQL shells of the monday.com boards: fields, and raw items as rows.
#include "pg/guard.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "core/input_error.hpp"
#include "core/monday/item.hpp"
#include "pg/arguments.hpp"
#include "pg/result_set.hpp"

namespace {

using namespace pipeline_forecast;
using nlohmann::json;

// One row of a result, its values by the names of their columns.
class TextRow {
public:
    explicit TextRow(TupleDesc descriptor) : values_(static_cast<std::size_t>(descriptor->natts)) {
        for (int i = 0; i < descriptor->natts; ++i) {
            numbers_.emplace(NameStr(TupleDescAttr(descriptor, i)->attname), static_cast<std::size_t>(i));
        }
    }

    void clear() {
        for (auto &value : values_) value.reset();
    }

    // A column that the caller did not ask for is left out.
    void set(std::string_view column, std::optional<std::string> value) {
        const auto found = numbers_.find(column);
        if (found != numbers_.end()) values_[found->second] = std::move(value);
    }

    [[nodiscard]] std::vector<char *> texts() {
        std::vector<char *> texts;
        texts.reserve(values_.size());
        for (auto &value : values_) texts.push_back(value ? value->data() : nullptr);
        return texts;
    }

private:
    std::map<std::string, std::size_t, std::less<>> numbers_;
    std::vector<std::optional<std::string>> values_;
};

// Names of fields need no quotes within an array.
std::optional<std::string> array_of(const std::vector<std::string_view> &names) {
    if (names.empty()) return std::nullopt;
    std::string array = "{";
    for (const std::string_view name : names) array.append(array.size() > 1 ? "," : "").append(name);
    return array += "}";
}

std::optional<std::string> refusals_of(const monday::Item &item) {
    if (item.refusals.empty()) return std::nullopt;
    json list = json::array();
    for (const monday::Refusal &refusal : item.refusals) {
        list.push_back({{"field", refusal.field}, {"raw", refusal.raw}, {"reason", refusal.reason}});
    }
    return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

void fill(TextRow &row, const monday::Item &item, const monday::Board &board) {
    row.set("monday_id", item.id.empty() ? std::nullopt : std::optional(item.id));
    if (!item.refusal.empty()) {
        row.set("refusal", item.refusal);
        return;
    }
    row.set("item_name", item.name);
    row.set("state", item.state);
    row.set("monday_updated_at", item.updated_at);
    row.set("monday_created_at", item.created_at);
    row.set("parent_monday_id", item.parent_id);
    row.set("current_board", item.board_id);
    row.set("direct_fields", array_of(item.direct_fields));
    row.set("absent_fields", array_of(item.absent_fields));
    row.set("refusals", refusals_of(item));
    for (std::size_t i = 0; i < board.columns.size(); ++i) row.set(board.columns[i].field->name, item.values[i]);
}

}  // namespace

// role -> the fields of a board of that role
PIPELINE_FUNCTION(pipeline_monday_fields) {
    const std::string_view name = pg::text_argument(fcinfo, 0);
    const pg::ResultSet result = pg::begin_result_set(fcinfo);
    for (const monday::Field &field : monday::fields_of(monday::require_role(name))) {
        pg::pg_call([&] {
            Datum values[] = {
                pg::text_datum(field.name), pg::text_datum(sql_type(field.kind)),
                BoolGetDatum(field.origin == monday::Origin::kDerived || field.origin == monday::Origin::kDefault),
                BoolGetDatum(field.origin == monday::Origin::kWritten)};
            bool nulls[] = {false, false, false, false};
            tuplestore_putvalues(result.rows, result.descriptor, values, nulls);
        });
    }
    return Datum{0};
}

// items, board -> one row for each item; the caller's column definitions say which columns. Null elements are left out.
PIPELINE_FUNCTION(pipeline_read_monday_items) {
    const std::string_view items_text = pg::jsonb_argument(fcinfo, 0);
    const std::string_view board_text = pg::jsonb_argument(fcinfo, 1);
    const pg::ResultSet result = pg::begin_result_set(fcinfo);
    AttInMetadata *input = TupleDescGetAttInMetadata(result.descriptor);
    MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "monday.com item", ALLOCSET_DEFAULT_SIZES);

    const monday::Board board = monday::read_board(board_text);
    const json items = json::parse(items_text);
    if (!items.is_array()) {
        throw InputError(kInvalidParameter, "items must be a list of items",
                         "Give the items as the API returns them: [{\"id\", \"name\", \"column_values\", ...}].");
    }
    TextRow row(result.descriptor);
    std::int64_t position = 0;
    for (const json &source : items) {
        ++position;
        if (source.is_null()) continue;
        row.clear();
        row.set("position", std::to_string(position));
        fill(row, monday::read_item(source, board), board);
        std::vector<char *> texts = row.texts();
        pg::pg_call([&] {
            MemoryContext caller_context = MemoryContextSwitchTo(scratch);
            tuplestore_puttuple(result.rows, BuildTupleFromCStrings(input, texts.data()));
            MemoryContextSwitchTo(caller_context);
            MemoryContextReset(scratch);
            CHECK_FOR_INTERRUPTS();
        });
    }
    return Datum{0};
}
