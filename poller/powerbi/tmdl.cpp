#include "poller/powerbi/tmdl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "poller/crypto/encoding.hpp"
#include "poller/crypto/sha256.hpp"

namespace poller::powerbi {
namespace {

[[nodiscard]] std::string tabs(int count) { return std::string(static_cast<std::size_t>(count), '\t'); }

// Names of letters and digits stand as they are, all others in quotes.
[[nodiscard]] std::string quoted_name(std::string_view name) {
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char character) {
        return std::isalnum(character) != 0 || character == '_';
    });
    if (plain) {
        return std::string(name);
    }
    std::string text = "'";
    for (const char character : name) {
        text += character == '\'' ? "''" : std::string(1, character);
    }
    return text + "'";
}

// A text of the language M.
[[nodiscard]] std::string m_text(std::string_view value) {
    std::string text = "\"";
    for (const char character : value) {
        switch (character) {
            case '"': text += "\"\""; break;
            case '#': text += "#(#)"; break;
            case '\n': text += "#(lf)"; break;
            case '\r': text += "#(cr)"; break;
            case '\t': text += "#(tab)"; break;
            default: text += character;
        }
    }
    return text + '"';
}

// 2017-12-01: #datetime(2017, 12, 1, 0, 0, 0)
[[nodiscard]] std::string m_moment(const std::string &day) {
    return fmt::format("#datetime({}, {}, {}, 0, 0, 0)", std::stoi(day.substr(0, 4)), std::stoi(day.substr(5, 2)),
                       std::stoi(day.substr(8, 2)));
}

// By the tag Power BI knows an object again, also when it was renamed: always the same for the same place in the model.
[[nodiscard]] std::string lineage_tag(const std::string &place) {
    const std::string hex = to_hex(sha256("pipeline_forecast model: " + place));
    return fmt::format("{}-{}-5{}-8{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 3), hex.substr(15, 3),
                       hex.substr(18, 12));
}

// Each line of a text on a line of its own, behind the same beginning.
[[nodiscard]] std::string each_line(std::string_view text, const std::string &beginning) {
    std::string lines;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        lines += beginning + std::string(line) + '\n';
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return lines;
}

[[nodiscard]] std::string description(std::string_view text, int depth) {
    return each_line(text, tabs(depth) + "/// ");
}

// One line behind the equals sign, several below it and two levels deeper than the property.
[[nodiscard]] std::string expression(std::string_view text, int depth) {
    return text.find('\n') == std::string_view::npos ? fmt::format(" {}\n", text)
                                                     : "\n" + each_line(text, tabs(depth + 2));
}

[[nodiscard]] std::string measure_tmdl(const Table &table, const Measure &measure) {
    return fmt::format("{}\tmeasure {} ={}\t\tformatString: {}\n\t\tlineageTag: {}\n\n",
                       description(measure.description, 1), quoted_name(measure.name),
                       expression(measure.expression, 1), measure.format,
                       lineage_tag(table.name + "/measure/" + measure.name));
}

[[nodiscard]] std::string column_tmdl(const Table &table, const Column &column) {
    std::string text = description(column.description, 1);
    text += fmt::format("\tcolumn {}\n\t\tdataType: {}\n", quoted_name(column.name), column.type);
    if (column.hidden) {
        text += "\t\tisHidden\n";
    }
    if (column.key) {
        text += "\t\tisKey\n";
    }
    if (!column.format.empty()) {
        text += fmt::format("\t\tformatString: {}\n", column.format);
    }
    text += fmt::format("\t\tlineageTag: {}\n\t\tsummarizeBy: none\n\t\tsourceColumn: {}\n",
                        lineage_tag(table.name + "/column/" + column.source), column.source);
    if (!column.sort_by.empty()) {
        text += fmt::format("\t\tsortByColumn: {}\n", quoted_name(column.sort_by));
    }
    return text + "\n";
}

// The parameter is converted and not the column, so that the condition reaches the database, its index and partitions.
[[nodiscard]] std::string query(const Table &table, const Source &source) {
    std::string text = fmt::format(
        "let\n    Source = PostgreSQL.Database(Server, Database),\n    View = Source{{[Schema = {}, Item = {}]}}[Data]",
        m_text(source.schema), m_text(table.view));
    if (table.refreshed_by.empty()) {
        return text + "\nin\n    View";
    }
    return text + fmt::format(
                      ",\n    Range = Table.SelectRows(View, each [{0}] >= Date.From(RangeStart) and [{0}] < "
                      "Date.From(RangeEnd))\nin\n    Range",
                      table.refreshed_by);
}

// The newest change in a month: what did not change is not loaded again. An empty month has one value as well.
[[nodiscard]] std::string polling_query(const Table &table, const Source &source) {
    std::string text = query(table, source);
    text.resize(text.rfind("\nin\n"));
    return text +
           fmt::format(
               ",\n    Newest = List.Max(Range[{}])\nin\n    if Newest = null then #datetime(1901, 1, 1, 0, 0, 0) "
               "else Newest",
               table.changed_by);
}

[[nodiscard]] std::string refresh_policy_tmdl(const Table &table, const Source &source) {
    return "\trefreshPolicy\n"
           "\t\tpolicyType: basic\n"
           "\t\trollingWindowGranularity: month\n"
           "\t\trollingWindowPeriods: 24\n"
           "\t\tincrementalGranularity: month\n"
           "\t\tincrementalPeriods: 2\n"
           "\t\tpollingExpression =" +
           expression(polling_query(table, source), 2) +
           "\t\tsourceExpression =" + expression(query(table, source), 2) + "\n";
}

}  // namespace

std::string database_tmdl() { return "database\n\tcompatibilityLevel: 1567\n"; }

std::string model_tmdl(const Model &model) {
    std::string text = fmt::format(
        "model Model\n\tculture: en-US\n\tdefaultPowerBIDataSourceVersion: powerBI_V3\n\tdiscourageImplicitMeasures\n"
        "\tsourceQueryCulture: en-US\n\n\tannotation __PBI_TimeIntelligenceEnabled = 0\n\n\t{}\n\n",
        kOwnModel);
    for (const Table &table : model.tables) {
        text += fmt::format("ref table {}\n", quoted_name(table.name));
    }
    return text;
}

std::string expressions_tmdl(const Source &source) {
    std::string text;
    const auto parameter = [&](std::string_view about, std::string_view name, const std::string &value,
                               std::string_view type) {
        text += fmt::format(
            "/// {}\nexpression {} = {} meta [IsParameterQuery=true, Type=\"{}\", IsParameterQueryRequired=true]\n"
            "\tlineageTag: {}\n\n",
            about, name, value, type, lineage_tag(fmt::format("expression/{}", name)));
    };
    parameter("Where the database is: HOST or HOST:PORT.", "Server", m_text(source.server), "Text");
    parameter("Its name.", "Database", m_text(source.database), "Text");
    parameter("First moment of the snapshots that are loaded; the service sets it for each month.", "RangeStart",
              m_moment(source.first_day), "DateTime");
    parameter("First moment after the snapshots that are loaded; the service sets it for each month.", "RangeEnd",
              m_moment(source.last_day), "DateTime");
    return text;
}

std::string relationships_tmdl(const Model &model) {
    std::string text;
    for (const Relationship &link : model.relationships) {
        text += fmt::format("relationship {}\n\tfromColumn: {}.{}\n\ttoColumn: {}.{}\n\n",
                            lineage_tag(fmt::format("{}/{} to {}", link.from_table, link.from_column, link.to_table)),
                            quoted_name(link.from_table), quoted_name(link.from_column), quoted_name(link.to_table),
                            quoted_name(link.to_column));
    }
    return text;
}

std::string table_tmdl(const Table &table, const Source &source) {
    std::string text = description(table.description, 0);
    text += fmt::format("table {}\n\tlineageTag: {}\n", quoted_name(table.name), lineage_tag(table.name));
    text += table.is_calendar ? "\tdataCategory: Time\n\n" : "\n";
    for (const Measure &measure : table.measures) {
        text += measure_tmdl(table, measure);
    }
    for (const Column &column : table.columns) {
        text += column_tmdl(table, column);
    }
    text += fmt::format("\tpartition {} = m\n\t\tmode: import\n\t\tsource ={}\n", quoted_name(table.name),
                        expression(query(table, source), 2));
    return text + (table.refreshed_by.empty() ? "" : refresh_policy_tmdl(table, source));
}

}  // namespace poller::powerbi
