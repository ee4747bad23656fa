#include "core/import/column_report.hpp"

#include <nlohmann/json.hpp>

#include "core/import/day_reader.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

using nlohmann::json;

std::string words(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) text += part;
    return text;
}

json day_report(const ColumnFinding &found) {
    const DayFinding &day = found.day;
    const bool is_clear = day.possible.size() == 1;
    json report{{"known", day.known}, {"refused_samples", found.no_days}};
    if (is_clear) report["format"] = to_string(*day.order);
    if (!is_clear && day.order) report["ambiguous"] = day_readings(day);
    if (is_clear && !day.evidence.empty()) {
        report["evidence"] = words({"\"", day.evidence, "\" is a day as ", to_string(*day.order), " only"});
    }
    return report;
}

json number_report(const ColumnFinding &found) {
    const NumberFinding &number = found.number;
    json report{{"known", number.known}, {"refused_samples", found.no_numbers}, {"currencies", number.currencies}};
    if (number.decimal_mark) report["decimal_mark"] = std::string(1, *number.decimal_mark);
    if (!number.thousands_mark.empty()) report["thousands_mark"] = number.thousands_mark;
    if (number.percent_scale) report["percent_scale"] = *number.percent_scale;
    if (number.is_ambiguous || number.is_mixed) report["ambiguous"] = number_readings(number);
    if (number.decimal_mark && !number.evidence.empty()) {
        report["evidence"] = words({"\"", number.evidence, "\" is a number with the decimal mark \"",
                                    std::string(1, *number.decimal_mark), "\" only"});
    }
    return report;
}

}  // namespace

std::vector<std::string> day_readings(const DayFinding &found) {
    std::vector<std::string> readings;
    for (const DayOrder order : found.possible) {
        const Decoded<Day> day = DayReader(order).read(found.example);
        readings.push_back(words(
            {"\"", found.example, "\" is ", day.value ? to_iso(*day.value) : "no day", " as ", to_string(order)}));
    }
    return readings;
}

std::vector<std::string> number_readings(const NumberFinding &found) {
    std::vector<std::string> readings;
    const auto written = WrittenNumber::parse(found.example);
    for (const char mark : {'.', ','}) {
        const auto number = written ? written->with_mark(mark) : std::nullopt;
        readings.push_back(words({"\"", found.example, "\" is ", number ? number->text() : "no number",
                                  " with the decimal mark \"", std::string(1, mark), "\""}));
    }
    return readings;
}

json column_report(const ColumnFinding &found) {
    const json day = day_report(found);
    const json number = number_report(found);
    json report{{"kind", found.kind},
                {"value_count", found.value_count},
                {"blank_count", found.blank_count},
                {"distinct_count", found.distinct_count},
                {"known_count", found.value_count},
                {"samples", found.samples}};
    const bool is_day = found.kind == "day";
    if (is_day || found.kind == "number" || found.kind == "percent") {
        const json &chosen = is_day ? day : number;
        for (const char *name : {"format", "decimal_mark", "thousands_mark", "percent_scale", "currencies", "ambiguous",
                                 "evidence", "refused_samples"}) {
            if (chosen.contains(name)) report[name] = chosen[name];
        }
        report["known_count"] = chosen["known"];
    }
    if (found.kind == "currency") report["currencies"] = found.currency_names;
    report["readings"] = {{"day", day}, {"number", number}};
    return report;
}

std::optional<char> mark_of_file(const std::vector<ColumnInference> &columns, const std::vector<bool> &is_text) {
    std::optional<char> mark;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!is_text[i]) continue;
        const ColumnFinding found = columns[i].result();
        const bool tells = (found.kind == "number" || found.kind == "percent") && !found.number.evidence.empty() &&
                           found.number.decimal_mark;
        if (!tells) continue;
        if (mark && mark != found.number.decimal_mark) return std::nullopt;
        mark = found.number.decimal_mark;
    }
    return mark;
}

}  // namespace pipeline_forecast
