#include "core/import_plan.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "core/input_error.hpp"
#include "core/limits.hpp"
#include "core/sql_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

using nlohmann::json;

constexpr std::string_view kMappingHint =
    "A mapping is {\"fields\": {\"project_id\": \"<column>\", ...}}; the comment on import_projects() describes it.";

[[noreturn]] void refuse(const std::string &message, std::string_view hint = kMappingHint) {
    throw InputError(kInvalidParameter, message, hint);
}

std::string in_quotes(std::string_view text) { return quoted(text, '"'); }

void require_keys(const json &object, const std::string &place, std::initializer_list<std::string_view> allowed) {
    if (!object.is_object()) refuse("import mapping: " + place + " must be an object");
    for (const auto &[key, value] : object.items()) {
        if (std::ranges::find(allowed, std::string_view{key}) == allowed.end()) {
            refuse("import mapping: unknown key " + in_quotes(key) + " in " + place);
        }
    }
}

std::string require_text(const json &object, const char *key, const std::string &place) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) {
        refuse("import mapping: " + place + " needs a text " + in_quotes(key));
    }
    return found->get<std::string>();
}

// The three expressions of one source: what was found, what it is, and why it is nothing.
struct Expressions {
    std::string raw;
    std::string value;
    std::string reason;
};

class FieldCompiler {
public:
    FieldCompiler(const ImportField &field, const std::vector<std::string> &columns, std::string_view lookup_schema,
                  std::string_view decode_schema)
        : field_(field),
          columns_(columns),
          lookup_schema_(lookup_schema),
          decode_schema_(decode_schema),
          place_("field " + in_quotes(field.name)) {}

    [[nodiscard]] Expressions compile(const json &source) const {
        if (source.is_string()) return decoded(column(source.get<std::string>()), {});
        if (source.is_array()) return first_of(source);
        if (source.is_object() && source.contains("constant")) return constant(source);
        if (source.is_object() && source.contains("days_between")) return days_between(source);
        return from_column(source);
    }

private:
    [[nodiscard]] std::string column(const std::string &name) const {
        if (std::ranges::find(columns_, name) == columns_.end()) {
            std::string known;
            for (const std::string &candidate : columns_) known += (known.empty() ? "" : ", ") + candidate;
            throw InputError(
                "42703",
                "import mapping: " + place_ + " names column " + in_quotes(name) + ", which the source does not have",
                "Its columns are: " + known + ".");
        }
        return "nullif(btrim(s." + sql_name(name) + "::text), '')";
    }

    [[nodiscard]] std::string decode_call(const std::string &text, FieldKind kind, const std::string &format) const {
        return std::string(decode_schema_) + ".decode_field(" + sql_literal(to_string(kind)) + ", " + text + ", " +
               sql_literal(format) + ")";
    }

    [[nodiscard]] std::string reason_call(const std::string &text, FieldKind kind, const std::string &format) const {
        return std::string(decode_schema_) + ".reject_reason(" + sql_literal(to_string(kind)) + ", " + text + ", " +
               sql_literal(format) + ")";
    }

    [[nodiscard]] Expressions decoded(const std::string &text, const std::string &format) const {
        return {text, decode_call(text, field_.kind, format) + "::" + std::string(sql_type(field_.kind)),
                reason_call(text, field_.kind, format)};
    }

    [[nodiscard]] Expressions first_of(const json &sources) const {
        if (sources.empty()) refuse("import mapping: " + place_ + " has an empty list of sources");
        Expressions all;
        for (const json &source : sources) {
            // It would mean the same without the inner brackets, and nesting has to end somewhere.
            if (source.is_array()) refuse("import mapping: " + place_ + " has a list within a list");
            const Expressions one = compile(source);
            const std::string when = "WHEN " + one.raw + " IS NOT NULL THEN ";
            all.raw += (all.raw.empty() ? "" : ", ") + one.raw;
            all.value += when + one.value + " ";
            all.reason += when + one.reason + " ";
        }
        return {"coalesce(" + all.raw + ")", "CASE " + all.value + "END", "CASE " + all.reason + "END"};
    }

    [[nodiscard]] Expressions constant(const json &source) const {
        require_keys(source, place_, {"constant"});
        const json &value = source["constant"];
        if (!value.is_primitive() || value.is_null()) {
            refuse("import mapping: the constant of " + place_ + " must be a text, a number or a boolean");
        }
        return decoded(sql_literal(value.is_string() ? value.get<std::string>() : value.dump()), {});
    }

    [[nodiscard]] Expressions days_between(const json &source) const {
        require_keys(source, place_, {"days_between", "format"});
        if (field_.kind != FieldKind::kGestation) refuse("import mapping: " + place_ + " is not a number of days");
        const json &ends = source["days_between"];
        if (!ends.is_array() || ends.size() != 2 || !ends[0].is_string() || !ends[1].is_string()) {
            refuse("import mapping: \"days_between\" of " + place_ + " must be a list of two columns");
        }
        const std::string format = day_format(source);
        const std::string from = column(ends[0].get<std::string>());
        const std::string to = column(ends[1].get<std::string>());
        const std::string from_day = decode_call(from, FieldKind::kDay, format) + "::date";
        const std::string to_day = decode_call(to, FieldKind::kDay, format) + "::date";
        const std::string days = "(" + to_day + " - " + from_day + ")::text";
        return {from + " || ' .. ' || " + to,
                decode_call(days, field_.kind, {}) + "::" + std::string(sql_type(field_.kind)),
                "coalesce(" + reason_call(from, FieldKind::kDay, format) + ", " +
                    reason_call(to, FieldKind::kDay, format) + ", " + reason_call(days, field_.kind, {}) + ")"};
    }

    [[nodiscard]] Expressions from_column(const json &source) const {
        require_keys(source, place_, {"column", "map", "lookup", "format", "plus_days", "only_if"});
        const std::string found = only_if(source, column(require_text(source, "column", place_)));
        const std::string mapped = mapped_text(source, found);
        if (source.contains("format") && field_.kind != FieldKind::kDay) {
            refuse("import mapping: \"format\" belongs to a date, and " + place_ + " is none");
        }
        const std::string format = day_format(source);
        Expressions result =
            source.contains("lookup") ? looked_up(source["lookup"], mapped, format) : decoded(mapped, format);
        if (source.contains("plus_days")) {
            if (field_.kind != FieldKind::kDay) refuse("import mapping: " + place_ + " is not a date");
            const json &days = source["plus_days"];
            // As a double: a number beyond 64 bits would wrap around when compared as an integer.
            if (!days.is_number_integer() || std::abs(days.get<double>()) > kMostDaysAdded) {
                refuse("import mapping: \"plus_days\" of " + place_ + " must be a whole number within " +
                       std::to_string(kMostDaysAdded));
            }
            result.value = "(" + result.value + " + (" + days.dump() + "))";
        }
        return result;
    }

    [[nodiscard]] std::string only_if(const json &source, const std::string &text) const {
        if (!source.contains("only_if")) return text;
        const json &condition = source["only_if"];
        require_keys(condition, "\"only_if\" of " + place_, {"column", "in"});
        const std::string tested = column(require_text(condition, "column", "\"only_if\" of " + place_));
        const auto values = condition.find("in");
        if (values == condition.end() || !values->is_array() || values->empty()) {
            refuse("import mapping: \"only_if\" of " + place_ + " needs a list \"in\"");
        }
        std::string list;
        for (const json &value : *values) {
            if (!value.is_string()) refuse("import mapping: \"in\" of " + place_ + " must hold texts");
            list += (list.empty() ? "" : ", ") + sql_literal(value.get<std::string>());
        }
        return "CASE WHEN " + tested + " IN (" + list + ") THEN " + text + " END";
    }

    [[nodiscard]] std::string mapped_text(const json &source, const std::string &text) const {
        if (!source.contains("map")) return text;
        const json &map = source["map"];
        if (!map.is_object()) refuse("import mapping: \"map\" of " + place_ + " must be an object");
        for (const auto &[from, to] : map.items()) {
            if (!to.is_string() && !to.is_null()) {
                refuse("import mapping: \"map\" of " + place_ + " must map " + in_quotes(from) + " to a text or null");
            }
        }
        const std::string values = sql_literal(map.dump()) + "::jsonb";
        return "CASE WHEN " + values + " ? (" + text + ") THEN " + values + " ->> (" + text + ") ELSE " + text + " END";
    }

    [[nodiscard]] Expressions looked_up(const json &lookup, const std::string &text, const std::string &format) const {
        const std::string place = "\"lookup\" of " + place_;
        require_keys(lookup, place, {"table", "key", "value"});
        const std::string table = require_text(lookup, "table", place);
        const std::size_t dot = table.find('.');
        const std::string qualified = dot == std::string::npos
                                          ? sql_name(lookup_schema_) + "." + sql_name(table)
                                          : sql_name(table.substr(0, dot)) + "." + sql_name(table.substr(dot + 1));
        // min(): a key that stands twice gives the same answer at every import.
        const std::string answer = "(SELECT min(l." + sql_name(require_text(lookup, "value", place)) + "::text) FROM " +
                                   qualified + " l WHERE btrim(l." + sql_name(require_text(lookup, "key", place)) +
                                   "::text) = (" + text + "))";
        Expressions result = decoded(answer, format);
        result.raw = text;
        result.reason = "CASE WHEN " + answer + " IS NULL THEN " +
                        sql_literal("no value for it in table \"" + table + "\"") + " ELSE " + result.reason + " END";
        return result;
    }

    [[nodiscard]] std::string day_format(const json &source) const {
        if (!source.contains("format")) return {};
        std::string format = require_text(source, "format", place_);
        require_day_format(format);
        return format;
    }

    const ImportField &field_;
    const std::vector<std::string> &columns_;
    std::string_view lookup_schema_;
    std::string_view decode_schema_;
    std::string place_;
};

bool moves_days(const json &source) {
    if (source.is_array()) return std::ranges::any_of(source, moves_days);
    return source.is_object() && source.contains("plus_days");
}

const ImportField &require_field(const std::string &name) {
    const ImportField *field = find_import_field(name);
    if (field == nullptr) {
        std::string known;
        for (const ImportField &candidate : import_fields()) {
            known.append(known.empty() ? "" : ", ").append(candidate.name);
        }
        refuse("import mapping: unknown field " + in_quotes(name), "The fields are: " + known + ".");
    }
    return *field;
}

// Without a list every date that is read as it stands counts; one that was moved by plus_days is a guess at the
// future and would drag the rest into the past.
void mark_shift(ImportPlan &plan, const json &shift, const json &fields) {
    if (shift.is_boolean()) {
        plan.shift_to_today = shift.get<bool>();
        for (PlannedField &field : plan.fields) {
            field.counts_for_shift = plan.shift_to_today && field.is_day && !moves_days(fields[field.name]);
        }
        return;
    }
    if (!shift.is_array()) refuse("import mapping: \"shift_to_today\" must be true, false or a list of date fields");
    for (const json &name : shift) {
        const auto found = std::ranges::find_if(plan.fields, [&](const PlannedField &field) {
            return name.is_string() && field.name == name.get<std::string>() && field.is_day;
        });
        if (found == plan.fields.end()) {
            // Written out only where it is short: a value can be nested deeper than the stack.
            const std::string shown = name.is_primitive() ? name.dump() : name.type_name();
            refuse("import mapping: \"shift_to_today\" names " + shown + ", which is no date of the mapping");
        }
        found->counts_for_shift = true;
        plan.shift_to_today = true;
    }
}

json parse_mapping(std::string_view mapping) {
    json parsed = json::parse(mapping, nullptr, false);
    if (parsed.is_discarded()) refuse("import mapping is not valid JSON");
    return parsed;
}

}  // namespace

ImportPlan compile_import(std::string_view mapping, const std::vector<std::string> &source_columns,
                          std::string_view lookup_schema, std::string_view decode_schema) {
    const json document = parse_mapping(mapping);
    require_keys(document, "the mapping", {"fields", "shift_to_today", "lookup_files"});
    const auto fields = document.find("fields");
    if (fields == document.end() || !fields->is_object()) refuse("import mapping has no \"fields\"");
    if (!fields->contains(kKeyField)) {
        refuse("import mapping has no field \"project_id\"", "Map it to the column that identifies a project.");
    }

    ImportPlan plan;
    for (const auto &[name, source] : fields->items()) {
        const ImportField &field = require_field(name);
        const Expressions expressions =
            FieldCompiler(field, source_columns, lookup_schema, decode_schema).compile(source);
        plan.fields.push_back({.name = name,
                               .column = std::string(field.column),
                               .type = std::string(sql_type(field.kind)),
                               .raw_sql = expressions.raw,
                               .value_sql = expressions.value,
                               .reason_sql = expressions.reason,
                               .is_day = field.kind == FieldKind::kDay});
    }
    if (document.contains("shift_to_today")) mark_shift(plan, document["shift_to_today"], *fields);
    return plan;
}

}  // namespace pipeline_forecast
