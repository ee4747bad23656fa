// Names and values quoted for SQL text. Values assume standard_conforming_strings = on.
#pragma once

#include <string>
#include <string_view>

namespace pipeline_forecast {

[[nodiscard]] inline std::string quoted(std::string_view text, char quote) {
    std::string result(1, quote);
    for (const char character : text) {
        if (character == quote) result += quote;
        result += character;
    }
    return result += quote;
}

[[nodiscard]] inline std::string sql_name(std::string_view name) { return quoted(name, '"'); }
[[nodiscard]] inline std::string sql_literal(std::string_view text) { return quoted(text, '\''); }

}  // namespace pipeline_forecast
