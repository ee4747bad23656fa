// What a column says, as the value of the field that it holds.
#pragma once

#include <optional>
#include <string>

#include "core/monday/column.hpp"
#include "core/monday/item.hpp"

namespace pipeline_forecast::monday {

struct FieldValue {
    // In the text form in which PostgreSQL reads a value of the field; nothing where the column says nothing.
    std::optional<std::string> value = {};
    std::string refusal = {};  // why what the column says is no value of the field
};

[[nodiscard]] FieldValue field_value(const BoardColumn &column, const Reading &reading, const Board &board);

}  // namespace pipeline_forecast::monday
