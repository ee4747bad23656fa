// One line per event on standard error: time, level, event, then key=value. Values with blanks are quoted; known
// secrets are masked wherever they appear.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace poller::log {

enum class Level { kDebug, kInfo, kWarning, kError };

[[nodiscard]] bool enabled(Level level);
void set_level(Level level);

// From now on the text is replaced by *** in every line. Texts of fewer than 6 bytes are not masked: they would
// turn up by chance.
void mask(std::string_view secret);

struct Field {
    std::string_view key;
    std::string value;

    Field(std::string_view field_key, std::string_view field_value) : key(field_key), value(field_value) {}
    Field(std::string_view field_key, const char *field_value) : key(field_key), value(field_value) {}
    Field(std::string_view field_key, bool field_value) : key(field_key), value(field_value ? "true" : "false") {}
    template <typename Number>
    requires std::is_arithmetic_v<Number> Field(std::string_view field_key, Number field_value)
        : key(field_key), value(fmt::to_string(field_value)) {}
};

using Fields = std::initializer_list<Field>;

void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warning(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

// The line without time and level; what the functions above write.
[[nodiscard]] std::string format_line(std::string_view event, Fields fields);

}  // namespace poller::log
