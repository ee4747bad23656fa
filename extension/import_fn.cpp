// SQL shells of the import: compiling a mapping and decoding single values. import_projects() runs what they give.
#include "pg/guard.hpp"

#include <nlohmann/json.hpp>

#include "core/import_plan.hpp"
#include "core/input_error.hpp"
#include "pg/arguments.hpp"
#include "pg/json.hpp"

namespace {

using namespace pipeline_forecast;

FieldKind kind_argument(FunctionCallInfo fcinfo, int index) {
    const std::string_view name = pg::text_argument(fcinfo, index);
    const auto kind = parse_field_kind(name);
    if (!kind) throw InputError(kInvalidParameter, "unknown kind of field \"" + std::string(name) + "\"", "");
    return *kind;
}

}  // namespace

// kind, text, format -> the value as text, NULL if it cannot be read
PIPELINE_FUNCTION(pipeline_decode_field) {
    const FieldKind kind = kind_argument(fcinfo, 0);
    const std::string_view text = pg::text_argument(fcinfo, 1);
    const std::string_view format = pg::text_argument(fcinfo, 2);
    const Decoded<std::string> decoded = decode_field(kind, text, format);
    if (!decoded.value) PG_RETURN_NULL();
    return pg::pg_call([&] { return pg::text_datum(*decoded.value); });
}

// kind, text, format -> why it cannot be read, NULL if it can
PIPELINE_FUNCTION(pipeline_reject_reason) {
    const FieldKind kind = kind_argument(fcinfo, 0);
    const std::string_view text = pg::text_argument(fcinfo, 1);
    const std::string_view format = pg::text_argument(fcinfo, 2);
    const Decoded<std::string> decoded = decode_field(kind, text, format);
    if (decoded.value) PG_RETURN_NULL();
    return pg::pg_call([&] { return pg::text_datum(decoded.reason); });
}

// mapping, source columns, schema of lookup tables, schema of the decoding functions (quoted) -> the plan as jsonb
PIPELINE_FUNCTION(pipeline_compile_import) {
    const std::string_view mapping = pg::text_argument(fcinfo, 0);
    ArrayType *names = PG_GETARG_ARRAYTYPE_P(1);
    const std::string_view lookup_schema = pg::text_argument(fcinfo, 2);
    const std::string_view decode_schema = pg::text_argument(fcinfo, 3);
    Datum *elements = nullptr;
    int count = 0;
    deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, nullptr, &count);

    std::vector<std::string> columns;
    for (int i = 0; i < count; ++i) {
        const auto *name = reinterpret_cast<const text *>(DatumGetPointer(elements[i]));
        columns.emplace_back(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
    }
    const ImportPlan plan = compile_import(mapping, columns, lookup_schema, decode_schema);

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
    return pg::jsonb_datum({{"fields", fields}, {"shift_to_today", plan.shift_to_today}});
}
