#include "core/import_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "core/import/field_reader.hpp"
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

// What all fields of a mapping are compiled with.
struct Surroundings {
    const std::vector<std::string> &columns;
    std::vector<bool> is_text;
    std::string_view lookup_schema;
    std::string_view decode_schema;
    bool is_staged = false;
    const std::vector<std::string> &formats;
};

// A text of the source, and what to call it.
struct SourceText {
    std::string sql;
    std::string column;
    bool is_text = true;
    bool is_constant = false;
};

// The keys of a source that state how its numbers are written.
constexpr std::array<const char *, 5> kNumberKeys{"decimal_mark", "thousands_mark", "percent_scale", "currency",
                                                  "rates"};

bool is_number_kind(FieldKind kind) noexcept {
    return kind == FieldKind::kMoney || kind == FieldKind::kPercent || kind == FieldKind::kGestation ||
           kind == FieldKind::kNumber;
}

class FieldCompiler {
public:
    FieldCompiler(const ImportField &field, const Surroundings &surroundings, std::vector<Reading> &readings)
        : field_(field), surroundings_(surroundings), readings_(readings), place_("field " + in_quotes(field.name)) {}

    [[nodiscard]] Expressions compile(const json &source) const {
        if (source.is_string()) return decoded(column(source.get<std::string>()), {});
        if (source.is_array()) return first_of(source);
        if (source.is_object() && source.contains("constant")) return constant(source);
        if (source.is_object() && source.contains("days_between")) return days_between(source);
        return from_column(source);
    }

private:
    [[nodiscard]] SourceText column(const std::string &name) const {
        const std::vector<std::string> &columns = surroundings_.columns;
        const auto found = std::ranges::find(columns, name);
        if (found == columns.end()) {
            std::string known;
            for (const std::string &candidate : columns) known += (known.empty() ? "" : ", ") + candidate;
            throw InputError(
                "42703",
                "import mapping: " + place_ + " names column " + in_quotes(name) + ", which the source does not have",
                "Its columns are: " + known + ".");
        }
        const std::vector<bool> &is_text = surroundings_.is_text;
        const auto index = static_cast<std::size_t>(found - columns.begin());
        return {"nullif(btrim(s." + sql_name(name) + "::text), '')", name, is_text.empty() || is_text[index]};
    }

    // A part that is blank keeps its place, so that no two rows become one.
    [[nodiscard]] SourceText joined_columns(const json &source) const {
        const json &names = source["columns"];
        if (!names.is_array() || names.empty() || !std::ranges::all_of(names, &json::is_string)) {
            refuse("import mapping: \"columns\" of " + place_ + " must be a list of columns");
        }
        SourceText joined;
        std::string any;
        for (const json &name : names) {
            const SourceText part = column(name.get<std::string>());
            joined.sql += (joined.sql.empty() ? "" : " || ' | ' || ") + ("coalesce(" + part.sql + ", '')");
            joined.column += (joined.column.empty() ? "" : " | ") + part.column;
            any += (any.empty() ? "" : ", ") + part.sql;
        }
        std::string text = joined.sql;
        if (source.contains("hash")) {
            if (!source["hash"].is_boolean())
                refuse("import mapping: \"hash\" of " + place_ + " must be true or false");
            constexpr const char *kHashLength = "32";
            if (source["hash"].get<bool>()) {
                text = "left(encode(sha256(convert_to(" + text + ", 'UTF8')), 'hex'), " + kHashLength + ")";
            }
        }
        joined.sql = "CASE WHEN coalesce(" + any + ") IS NOT NULL THEN " + text + " END";
        return joined;
    }

    [[nodiscard]] Expressions decoded(const SourceText &text, const std::string &format) const {
        return decoded(text, field_.kind, format);
    }

    [[nodiscard]] Expressions decoded(const SourceText &text, FieldKind kind, const std::string &stated) const {
        const std::size_t index = readings_.size();
        readings_.push_back({.field = std::string(field_.name),
                             .column = text.column,
                             .kind = kind,
                             .is_constant = text.is_constant,
                             .is_text = text.is_text,
                             .text_sql = text.sql,
                             .stated_format = stated});
        const bool is_staged = surroundings_.is_staged;
        const std::string format = index < surroundings_.formats.size() ? surroundings_.formats[index] : stated;
        const std::string found = is_staged ? "t" + std::to_string(index) : text.sql;
        const std::string value = is_staged ? "d" + std::to_string(index)
                                            : decoding_of(readings_.back(), found, format, surroundings_.decode_schema);
        return {found, value + "::" + std::string(sql_type(kind)), reason_call(found, kind, format)};
    }

    [[nodiscard]] std::string reason_call(const std::string &text, FieldKind kind, const std::string &format) const {
        return std::string(surroundings_.decode_schema) + ".reject_reason(" + sql_literal(to_string(kind)) + ", " +
               text + ", " + sql_literal(format) + ")";
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
        // A constant is written as a mapping is, whatever the file is like.
        const SourceText text{sql_literal(value.is_string() ? value.get<std::string>() : value.dump()), "a constant",
                              false, true};
        return decoded(text, {});
    }

    [[nodiscard]] Expressions days_between(const json &source) const {
        require_keys(source, place_, {"days_between", "format"});
        if (field_.kind != FieldKind::kGestation) refuse("import mapping: " + place_ + " is not a number of days");
        const json &ends = source["days_between"];
        if (!ends.is_array() || ends.size() != 2 || !ends[0].is_string() || !ends[1].is_string()) {
            refuse("import mapping: \"days_between\" of " + place_ + " must be a list of two columns");
        }
        const std::string format = day_format(source);
        const Expressions from = decoded(column(ends[0].get<std::string>()), FieldKind::kDay, format);
        const Expressions to = decoded(column(ends[1].get<std::string>()), FieldKind::kDay, format);
        const std::string days = "(" + to.value + " - " + from.value + ")::text";
        return {from.raw + " || ' .. ' || " + to.raw,
                std::string(surroundings_.decode_schema) + ".decode_field(" + sql_literal(to_string(field_.kind)) +
                    ", " + days + ", '')::" + std::string(sql_type(field_.kind)),
                "coalesce(" + from.reason + ", " + to.reason + ", " + reason_call(days, field_.kind, {}) + ")"};
    }

    [[nodiscard]] Expressions from_column(const json &source) const {
        require_keys(source, place_,
                     {"column", "columns", "hash", "map", "lookup", "format", "plus_days", "only_if", "decimal_mark",
                      "thousands_mark", "percent_scale", "currency", "currency_column", "rates"});
        const bool is_joined = source.contains("columns");
        if (is_joined && source.contains("column"))
            refuse("import mapping: " + place_ + " has \"column\" and \"columns\"");
        if (!is_joined && source.contains("hash"))
            refuse("import mapping: \"hash\" of " + place_ + " needs \"columns\"");
        SourceText text = is_joined ? joined_columns(source) : column(require_text(source, "column", place_));
        text.sql = only_if(source, text.sql);
        text.is_text = text.is_text || source.contains("map") || source.contains("lookup");
        text.sql = mapped_text(source, text.sql);
        if (source.contains("format") && field_.kind != FieldKind::kDay) {
            refuse("import mapping: \"format\" belongs to a date, and " + place_ + " is none");
        }
        const std::string format = field_.kind == FieldKind::kDay ? day_format(source) : number_format(source);
        Expressions result = source.contains("lookup") ? looked_up(source["lookup"], text, format)
                                                       : decoded(with_currency(source, text), format);
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

    // The amount with its currency behind it, as if the file had written both in one column.
    [[nodiscard]] SourceText with_currency(const json &source, SourceText text) const {
        if (!source.contains("currency_column")) return text;
        const SourceText currency = column(require_text(source, "currency_column", place_));
        text.sql = text.sql + " || coalesce(' ' || " + currency.sql + ", '')";
        return text;
    }

    // What the source states of its numbers, as the readers take it.
    [[nodiscard]] std::string number_format(const json &source) const {
        json stated = json::object();
        for (const char *key : kNumberKeys) {
            if (source.contains(key)) stated[key] = source[key];
        }
        const bool has_currency =
            source.contains("currency") || source.contains("currency_column") || source.contains("rates");
        if (stated.empty() && !has_currency) return {};
        if (!is_number_kind(field_.kind)) {
            refuse("import mapping: " + place_ + " is no number, and cannot have " +
                   in_quotes(stated.empty() ? "currency_column" : stated.begin().key()));
        }
        if (has_currency && field_.kind != FieldKind::kMoney) {
            refuse("import mapping: " + place_ + " is no amount, and has no currency");
        }
        if (source.contains("percent_scale") && field_.kind != FieldKind::kPercent) {
            refuse("import mapping: " + place_ + " is no percentage, and cannot have \"percent_scale\"");
        }
        if (source.contains("currency_column") && !source.contains("rates")) {
            refuse(
                "import mapping: \"currency_column\" of " + place_ + " needs \"rates\"",
                "Write the rate of each currency into that of the forecast: \"rates\": {\"EUR\": 1, \"USD\": 0.92}.");
        }
        std::string format = stated.dump();
        (void)parse_number_format(format);
        return format;
    }

    [[nodiscard]] std::string only_if(const json &source, const std::string &text) const {
        if (!source.contains("only_if")) return text;
        const json &condition = source["only_if"];
        require_keys(condition, "\"only_if\" of " + place_, {"column", "in"});
        const std::string tested = column(require_text(condition, "column", "\"only_if\" of " + place_)).sql;
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

    [[nodiscard]] Expressions looked_up(const json &lookup, const SourceText &text, const std::string &format) const {
        const std::string place = "\"lookup\" of " + place_;
        require_keys(lookup, place, {"table", "key", "value"});
        const std::string table = require_text(lookup, "table", place);
        const std::size_t dot = table.find('.');
        const std::string qualified = dot == std::string::npos
                                          ? sql_name(surroundings_.lookup_schema) + "." + sql_name(table)
                                          : sql_name(table.substr(0, dot)) + "." + sql_name(table.substr(dot + 1));
        // min(): a key that stands twice gives the same answer at every import.
        const std::string answer = "(SELECT min(l." + sql_name(require_text(lookup, "value", place)) + "::text) FROM " +
                                   qualified + " l WHERE btrim(l." + sql_name(require_text(lookup, "key", place)) +
                                   "::text) = (" + text.sql + "))";
        Expressions result = decoded({answer, text.column, true}, format);
        // Where nothing is found the key is what a reject shows.
        const std::string found = result.raw;
        result.raw = decoded(text, FieldKind::kText, {}).raw;
        result.reason = "CASE WHEN " + found + " IS NULL THEN " +
                        sql_literal("no value for it in table \"" + table + "\"") + " ELSE " + result.reason + " END";
        return result;
    }

    [[nodiscard]] std::string day_format(const json &source) const {
        if (!source.contains("format")) return {};
        std::string format = require_text(source, "format", place_);
        (void)DayReader::parse(format);
        return format;
    }

    const ImportField &field_;
    const Surroundings &surroundings_;
    std::vector<Reading> &readings_;
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

// What becomes of rows that are not in the file any more, and what stops the import.
void read_options(ImportPlan &plan, const json &document) {
    if (document.contains("decimal_mark")) {
        const json &mark = document["decimal_mark"];
        if (mark != "." && mark != ",") refuse("import mapping: \"decimal_mark\" must be \".\" or \",\"");
        plan.decimal_mark = mark.get<std::string>().front();
    }
    if (document.contains("accept_losses")) {
        if (!document["accept_losses"].is_boolean()) {
            refuse("import mapping: \"accept_losses\" must be true or false");
        }
        plan.accepts_losses = document["accept_losses"].get<bool>();
    }
    if (document.contains("source")) {
        plan.source = require_text(document, "source", "the mapping");
        if (plan.source.empty() || plan.source.size() > kLongestKeyBytes) {
            refuse("import mapping: \"source\" must be a name of 1 to " + std::to_string(kLongestKeyBytes) + " bytes");
        }
    }
    if (document.contains("missing_rows")) {
        const json &rows = document["missing_rows"];
        if (rows != "keep" && rows != "archive") {
            refuse("import mapping: \"missing_rows\" must be \"keep\" or \"archive\"");
        }
        plan.archives_missing_rows = rows == "archive";
        if (plan.archives_missing_rows && plan.source.empty()) {
            refuse("import mapping: \"missing_rows\" needs a \"source\"",
                   "Name what the file is, such as \"source\": \"CRM Europe\": only projects that came from it are "
                   "missed.");
        }
    }
    if (document.contains("missing_rows_limit")) {
        const json &limit = document["missing_rows_limit"];
        if (!limit.is_number() || limit.get<double>() < 0 || limit.get<double>() > 100) {
            refuse("import mapping: \"missing_rows_limit\" must be a number of percent");
        }
        plan.missing_rows_limit = limit.get<double>();
    }
}

ImportPlan compile(std::string_view mapping, const Surroundings &surroundings) {
    const json document = parse_mapping(mapping);
    require_keys(document, "the mapping",
                 {"fields", "shift_to_today", "lookup_files", "decimal_mark", "source", "missing_rows",
                  "missing_rows_limit", "accept_losses", "file", "preset"});
    const auto fields = document.find("fields");
    if (fields == document.end() || !fields->is_object()) refuse("import mapping has no \"fields\"");
    if (!fields->contains(kKeyField)) {
        refuse("import mapping has no field \"project_id\"", "Map it to the column that identifies a project.");
    }

    ImportPlan plan;
    read_options(plan, document);
    for (const auto &[name, source] : fields->items()) {
        const ImportField &field = require_field(name);
        const Expressions expressions = FieldCompiler(field, surroundings, plan.readings).compile(source);
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

}  // namespace

std::string decoding_of(const Reading &reading, const std::string &text, std::string_view format,
                        std::string_view decode_schema) {
    std::string decoded = std::string(decode_schema) + ".decode_field(" + sql_literal(to_string(reading.kind)) + ", " +
                          text + ", " + sql_literal(format) + ")";
    // Any text is a text, but for what a spreadsheet shows where a formula failed, which begins like this.
    if (reading.kind == FieldKind::kText) {
        return "CASE WHEN " + text + " LIKE '#%' THEN " + decoded + " ELSE " + text + " END";
    }
    return decoded;
}

ImportPlan compile_import(std::string_view mapping, const std::vector<std::string> &source_columns,
                          std::string_view lookup_schema, std::string_view decode_schema) {
    const std::vector<std::string> no_formats;
    return compile(mapping, {.columns = source_columns,
                             .is_text = {},
                             .lookup_schema = lookup_schema,
                             .decode_schema = decode_schema,
                             .formats = no_formats});
}

ImportPlan compile_staged_import(std::string_view mapping, const std::vector<std::string> &source_columns,
                                 const std::vector<bool> &is_text, std::string_view lookup_schema,
                                 std::string_view decode_schema, const std::vector<std::string> &formats) {
    return compile(mapping, {.columns = source_columns,
                             .is_text = is_text,
                             .lookup_schema = lookup_schema,
                             .decode_schema = decode_schema,
                             .is_staged = true,
                             .formats = formats});
}

}  // namespace pipeline_forecast
