// SQL shells of the import: compiling a mapping and decoding single values. import_projects() runs what they give.
#include "pg/guard.hpp"

#include <nlohmann/json.hpp>

#include "core/import/choose_format.hpp"
#include "core/import/column_report.hpp"
#include "core/import/field_reader.hpp"
#include "core/import_plan.hpp"
#include "core/input_error.hpp"
#include "pg/arguments.hpp"
#include "pg/infer_columns.hpp"
#include "pg/json.hpp"

namespace {

using namespace pipeline_forecast;

// Decoders are asked for one value at a time, always with the same few formats.
const FieldReader &reader_of(FunctionCallInfo fcinfo) {
    struct Known {
        FieldKind kind;
        std::string format;
        FieldReader reader;
    };
    constexpr std::size_t kMostKnown = 64;
    static std::vector<Known> known;

    const std::string_view name = pg::text_argument(fcinfo, 0);
    const std::string_view format = pg::text_argument(fcinfo, 2);
    const auto kind = parse_field_kind(name);
    if (!kind) throw InputError(kInvalidParameter, "unknown kind of field \"" + std::string(name) + "\"", "");
    for (const Known &one : known) {
        if (one.kind == *kind && one.format == format) return one.reader;
    }
    if (known.size() == kMostKnown) known.clear();
    known.push_back({*kind, std::string(format), FieldReader::parse(*kind, format)});
    return known.back().reader;
}

nlohmann::json fields_of(const ImportPlan &plan) {
    nlohmann::json fields = nlohmann::json::array();
    for (const PlannedField &field : plan.fields) {
        fields.push_back({{"name", field.name},
                          {"column", field.column},
                          {"type", field.type},
                          {"raw_sql", field.raw_sql},
                          {"value_sql", field.value_sql},
                          {"reason_sql", field.reason_sql},
                          {"is_day", field.is_day},
                          {"counts_for_shift", field.counts_for_shift}});
    }
    return fields;
}

// The format of each reading, found by reading the source once.
std::vector<ColumnInference> read_values(const ImportPlan &plan, const std::string &source) {
    std::string query;
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < plan.readings.size(); ++i) {
        if (!needs_values(plan.readings[i])) continue;
        query += (query.empty() ? "SELECT " : ", ") + plan.readings[i].text_sql;
        asked.push_back(i);
    }
    std::vector<ColumnInference> values(plan.readings.size());
    if (asked.empty()) return values;
    std::vector<ColumnInference> found = pg::infer_columns(query + " FROM " + source + " s", asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i) values[asked[i]] = std::move(found[i]);
    return values;
}

}  // namespace

// kind, text, format -> the value as text, NULL if it cannot be read
PIPELINE_FUNCTION(pipeline_decode_field) {
    const FieldReader &reader = reader_of(fcinfo);
    const Decoded<std::string> decoded = reader.read(pg::text_argument(fcinfo, 1));
    if (!decoded.value) PG_RETURN_NULL();
    return pg::pg_call([&] { return pg::text_datum(*decoded.value); });
}

// kind, text, format -> why it cannot be read, NULL if it can
PIPELINE_FUNCTION(pipeline_reject_reason) {
    const FieldReader &reader = reader_of(fcinfo);
    const Decoded<std::string> decoded = reader.read(pg::text_argument(fcinfo, 1));
    if (decoded.value) PG_RETURN_NULL();
    return pg::pg_call([&] { return pg::text_datum(decoded.reason); });
}

// mapping, source columns, schema of lookup tables, schema of the decoding functions (quoted) -> the plan as jsonb
PIPELINE_FUNCTION(pipeline_compile_import) {
    const std::string_view mapping = pg::text_argument(fcinfo, 0);
    const std::string_view lookup_schema = pg::text_argument(fcinfo, 2);
    const std::string_view decode_schema = pg::text_argument(fcinfo, 3);
    const std::vector<std::string> columns = pg::text_list_argument(fcinfo, 1);
    const ImportPlan plan = compile_import(mapping, columns, lookup_schema, decode_schema);
    return pg::jsonb_datum({{"fields", fields_of(plan)}, {"shift_to_today", plan.shift_to_today}});
}

// mapping, source (quoted), its columns, which of them are texts, schema of lookup tables, schema of the decoding
// functions (quoted) -> the plan as jsonb, with the formats that the values of the source tell
PIPELINE_FUNCTION(pipeline_plan_import) {
    const std::string_view mapping = pg::text_argument(fcinfo, 0);
    const std::string_view source = pg::text_argument(fcinfo, 1);
    const std::string_view lookup_schema = pg::text_argument(fcinfo, 4);
    const std::string_view decode_schema = pg::text_argument(fcinfo, 5);
    const std::vector<std::string> columns = pg::text_list_argument(fcinfo, 2);
    const std::vector<bool> is_text = pg::boolean_list_argument(fcinfo, 3);
    const ImportPlan stated = compile_staged_import(mapping, columns, is_text, lookup_schema, decode_schema, {});
    const std::vector<ColumnInference> values = read_values(stated, std::string(source));

    std::vector<bool> tells_mark;
    for (const Reading &reading : stated.readings) tells_mark.push_back(reading.is_text && needs_values(reading));
    const auto mark = stated.decimal_mark ? stated.decimal_mark : mark_of_file(values, tells_mark);
    std::vector<std::string> formats;
    nlohmann::json report = nlohmann::json::array();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Reading &reading = stated.readings[i];
        formats.push_back(choose_format(reading, values[i], mark));
        report.push_back(chosen_report(reading, formats.back(), values[i]));
    }
    const ImportPlan plan = compile_staged_import(mapping, columns, is_text, lookup_schema, decode_schema, formats);
    nlohmann::json readings = nlohmann::json::array();
    for (std::size_t i = 0; i < plan.readings.size(); ++i) {
        const std::string number = std::to_string(i);
        readings.push_back(
            {{"text_sql", plan.readings[i].text_sql + " AS t" + number},
             {"value_sql", decoding_of(plan.readings[i], "t" + number, formats[i], decode_schema) + " AS d" + number},
             {"report", report[i]}});
    }
    return pg::jsonb_datum({{"fields", fields_of(plan)},
                            {"readings", readings},
                            {"shift_to_today", plan.shift_to_today},
                            {"source", plan.source},
                            {"archives_missing_rows", plan.archives_missing_rows},
                            {"missing_rows_limit", plan.missing_rows_limit},
                            {"accepts_losses", plan.accepts_losses}});
}
