#include "core/import/choose_format.hpp"

#include <nlohmann/json.hpp>

#include "core/import/column_report.hpp"
#include "core/import/day_reader.hpp"
#include "core/import/field_reader.hpp"
#include "core/input_error.hpp"
#include "core/sql_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

using nlohmann::json;

constexpr std::string_view kUnknownDays = "22007";
constexpr std::string_view kUnknownNumbers = "22P02";

std::string place_of(const Reading &reading) {
    // By its whole name: the standard library has one of the same.
    return "column " + pipeline_forecast::quoted(reading.column, '"') + " (field " +
           pipeline_forecast::quoted(reading.field, '"') + ")";
}

std::string joined(const std::vector<std::string> &texts, std::string_view separator) {
    std::string all;
    for (const std::string &text : texts) all.append(all.empty() ? "" : separator).append(text);
    return all;
}

// "due": {"column": "due", "format": "DD/MM/YYYY"}
std::string in_mapping(const Reading &reading, const std::string &key, const std::string &value) {
    return json(reading.field).dump() + ": {\"column\": " + json(reading.column).dump() + ", \"" + key +
           "\": " + value + "}";
}

std::string day_format(const Reading &reading, const ColumnInference &values) {
    const DayFinding found = values.result().day;
    if (found.possible.size() > 1) {
        const std::string what =
            found.is_mixed ? " holds days in several orders" : " holds days that can be read in several ways";
        throw InputError(kUnknownDays, "import: " + place_of(reading) + what,
                         joined(day_readings(found), ", and ") + ". Say in the mapping which it is: " +
                             in_mapping(reading, "format", json(to_string(found.possible.front())).dump()) + ".");
    }
    return found.order ? std::string(to_string(*found.order)) : std::string();
}

// The mark that is stated, or that the values or the rest of the file tell; empty where only the thousands are stated.
std::optional<char> decimal_mark(const Reading &reading, const json &stated, const NumberFinding &found,
                                 std::optional<char> mark_of_file) {
    if (stated.contains("decimal_mark") || stated.contains("thousands_mark")) return std::nullopt;
    if (!reading.is_text) return '.';
    if (found.decimal_mark) return found.decimal_mark;
    if (found.is_ambiguous && mark_of_file) return mark_of_file;
    const std::string what = found.is_mixed ? " holds numbers with several decimal marks"
                                            : " holds numbers that can be read in several ways";
    throw InputError(kUnknownNumbers, "import: " + place_of(reading) + what,
                     joined(number_readings(found), ", and ") + ". Say in the mapping which it is: " +
                         in_mapping(reading, "decimal_mark", "\",\"") + ", or with \".\".");
}

std::string number_format(const Reading &reading, const ColumnInference &values, std::optional<char> mark_of_file) {
    json format = reading.stated_format.empty() ? json::object() : json::parse(reading.stated_format);
    const auto mark = decimal_mark(reading, format, values.result().number, mark_of_file);
    if (mark) format["decimal_mark"] = std::string(1, *mark);
    const NumberFinding found = values.numbers(parse_number_format(format.dump()).decimal_mark);
    if (reading.kind == FieldKind::kPercent && !format.contains("percent_scale")) {
        if (!found.percent_scale) {
            throw InputError(kUnknownNumbers,
                             "import: " + place_of(reading) + " holds no other percentages than 0 and 1",
                             "1 may be one per cent or all of it. Say in the mapping which it is: " +
                                 in_mapping(reading, "percent_scale", "1") + ", or 100.");
        }
        format["percent_scale"] = *found.percent_scale;
    }
    const bool takes_any = !format.contains("rates") && !format.contains("currency");
    if (reading.kind == FieldKind::kMoney && takes_any && found.currencies.size() > 1) {
        throw InputError(
            kInvalidParameter,
            "import: " + place_of(reading) + " holds amounts in several currencies: " + joined(found.currencies, ", "),
            "Say in the mapping what each is worth in the currency of the forecast: " +
                in_mapping(reading, "rates",
                           "{\"" + found.currencies.front() + "\": 1, \"" + found.currencies[1] + "\": 0.9}") +
                "; or which one to take: \"currency\": \"" + found.currencies.front() +
                "\", and the others are refused.");
    }
    return format.dump();
}

}  // namespace

bool needs_values(const Reading &reading) {
    if (reading.is_constant) return false;
    switch (reading.kind) {
        case FieldKind::kDay: return reading.stated_format.empty();
        case FieldKind::kMoney:
        case FieldKind::kPercent:
        case FieldKind::kGestation:
        case FieldKind::kNumber: return true;
        case FieldKind::kText:
        case FieldKind::kKey:
        case FieldKind::kState: return false;
    }
    return false;
}

std::string choose_format(const Reading &reading, const ColumnInference &values, std::optional<char> mark_of_file) {
    if (!needs_values(reading)) return reading.stated_format;
    return reading.kind == FieldKind::kDay ? day_format(reading, values) : number_format(reading, values, mark_of_file);
}

json chosen_report(const Reading &reading, const std::string &format, const ColumnInference &values) {
    json report{{"field", reading.field}, {"column", reading.column}, {"kind", to_string(reading.kind)}};
    if (!needs_values(reading)) {
        if (!format.empty()) report["format"] = format;
        return report;
    }
    if (reading.kind == FieldKind::kDay) {
        const DayFinding found = values.result().day;
        report["format"] = format;
        if (!found.evidence.empty()) report["evidence"] = found.evidence;
        return report;
    }
    report.update(json::parse(format));
    const NumberFinding found = values.numbers(parse_number_format(format).decimal_mark);
    if (!found.evidence.empty()) report["evidence"] = found.evidence;
    if (!found.currencies.empty()) report["currencies"] = found.currencies;
    return report;
}

}  // namespace pipeline_forecast
