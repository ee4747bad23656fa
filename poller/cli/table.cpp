#include "poller/cli/table.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace poller::cli {
namespace {

enum class Kind { kText, kNumber, kSwitch, kJson };

// The identifiers of PostgreSQL's own types never change (pg_type.dat).
[[nodiscard]] Kind kind_of(const db::Result &result, int column) {
    switch (PQftype(result.get(), column)) {
        case 16: return Kind::kSwitch;    // boolean
        case 20:                          // bigint
        case 21:                          // smallint
        case 23:                          // integer
        case 700:                         // real
        case 701:                         // double precision
        case 1700: return Kind::kNumber;  // numeric
        case 114:                         // json
        case 3802: return Kind::kJson;    // jsonb
        default: return Kind::kText;
    }
}

// In characters: good enough for a terminal, where only some scripts take two places each.
[[nodiscard]] std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

[[nodiscard]] std::string_view shown(const db::Field &field, Kind kind) {
    if (field.is_null()) {
        return "-";
    }
    if (kind == Kind::kSwitch) {
        return field.boolean() ? "yes" : "no";
    }
    return field.text();
}

[[nodiscard]] std::string quoted(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Numbers go in as the server wrote them, so that no digit of an exact amount is lost.
[[nodiscard]] std::string json_value(const db::Field &field, Kind kind) {
    if (field.is_null()) {
        return "null";
    }
    switch (kind) {
        case Kind::kNumber:
        case Kind::kJson: return std::string(field.text());
        case Kind::kSwitch: return field.boolean() ? "true" : "false";
        case Kind::kText: break;
    }
    return quoted(field.text());
}

[[nodiscard]] std::string csv_value(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string value = "\"";
    for (const char character : text) {
        value += character == '"' ? "\"\"" : std::string(1, character);
    }
    return value + '"';
}

}  // namespace

std::string text_table(const db::Result &result) {
    if (result.empty()) {
        return {};
    }
    std::vector<std::vector<std::string_view>> lines(1);
    std::vector<std::size_t> widths;
    for (int column = 0; column < result.columns(); ++column) {
        lines.front().push_back(result.column_name(column));
        widths.push_back(width_of(lines.front().back()));
    }
    for (const db::Row row : result) {
        auto &cells = lines.emplace_back();
        for (int column = 0; column < result.columns(); ++column) {
            cells.push_back(shown(row[column], kind_of(result, column)));
            auto &width = widths[static_cast<std::size_t>(column)];
            width = std::max(width, width_of(cells.back()));
        }
    }
    std::string text;
    for (const auto &cells : lines) {
        std::string line;
        for (std::size_t column = 0; column < cells.size(); ++column) {
            const std::string padding(widths[column] - width_of(cells[column]), ' ');
            const bool to_the_right = kind_of(result, static_cast<int>(column)) == Kind::kNumber;
            line += fmt::format("{}{}{}  ", to_the_right ? padding : "", cells[column], to_the_right ? "" : padding);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

std::string json_rows(const db::Result &result) {
    std::string text = "[";
    for (const db::Row row : result) {
        text += text.size() > 1 ? ",\n  {" : "\n  {";
        for (int column = 0; column < result.columns(); ++column) {
            text += fmt::format("{}{}: {}", column > 0 ? ", " : "", quoted(result.column_name(column)),
                                json_value(row[column], kind_of(result, column)));
        }
        text += '}';
    }
    return text + (text.size() > 1 ? "\n]\n" : "]\n");
}

std::string csv_rows(const db::Result &result) {
    std::string text;
    for (int column = 0; column < result.columns(); ++column) {
        text += column > 0 ? "," : "";
        text += csv_value(result.column_name(column));
    }
    text += '\n';
    for (const db::Row row : result) {
        for (int column = 0; column < result.columns(); ++column) {
            text += column > 0 ? "," : "";
            text += csv_value(row[column].text());
        }
        text += '\n';
    }
    return text;
}

}  // namespace poller::cli
