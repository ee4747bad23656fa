// Golden data: results of an independent implementation, which are no part of the source tree.
#pragma once

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef PIPELINE_TEST_DATA_DEFAULT
#define PIPELINE_TEST_DATA_DEFAULT ""
#endif

namespace pipeline_forecast::golden {

// The environment variable PIPELINE_TEST_DATA names another place.
inline std::filesystem::path folder(std::string_view name) {
    const char *named = std::getenv("PIPELINE_TEST_DATA");
    return std::filesystem::path(named ? named : PIPELINE_TEST_DATA_DEFAULT) / name;
}

using Row = std::map<std::string, std::string>;

// Fields may be quoted, with doubled quotes and line breaks inside. The first line names the columns.
inline std::vector<Row> read_csv(const std::filesystem::path &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    const std::string text{std::istreambuf_iterator<char>(file), {}};

    std::vector<std::vector<std::string>> lines;
    std::vector<std::string> line;
    std::string field;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c != '"') {
                field += c;
            } else if (i + 1 < text.size() && text[i + 1] == '"') {
                field += text[++i];
            } else {
                quoted = false;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',' || c == '\n') {
            line.push_back(std::exchange(field, {}));
            if (c == '\n') lines.push_back(std::exchange(line, {}));
        } else if (c != '\r') {
            field += c;
        }
    }
    if (!field.empty() || !line.empty()) {
        line.push_back(field);
        lines.push_back(line);
    }

    std::vector<Row> rows;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        Row row;
        for (std::size_t column = 0; column < lines[0].size(); ++column) {
            row[lines[0][column]] = lines[i].at(column);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

template <typename Number>
Number parse(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::runtime_error("not a number: " + std::string(text));
    }
    return number;
}

template <typename Number>
std::optional<Number> parse_optional(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional(parse<Number>(text));
}

}  // namespace pipeline_forecast::golden
