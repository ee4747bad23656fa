// The kinds of fields, how text becomes a value of each, and the fields of a project that an import can fill.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/decode.hpp"

namespace pipeline_forecast {

// A key is a text that indexes hold, and therefore bounded; a state is active, archived or deleted.
enum class FieldKind { kText, kDay, kMoney, kPercent, kGestation, kNumber, kKey, kState };

[[nodiscard]] std::optional<FieldKind> parse_field_kind(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_string(FieldKind kind) noexcept;
// The SQL type of the field's column.
[[nodiscard]] std::string_view sql_type(FieldKind kind) noexcept;

struct ImportField {
    std::string_view name;    // as in a mapping
    std::string_view column;  // of projects
    FieldKind kind;
};

inline constexpr std::string_view kKeyField = "project_id";

[[nodiscard]] const std::vector<ImportField> &import_fields();
[[nodiscard]] const ImportField *find_import_field(std::string_view name);

// The value as text that PostgreSQL reads back exactly, within the range that the tables accept; `format` is for days,
// `decimal_mark` for numbers.
[[nodiscard]] Decoded<std::string> decode_field(FieldKind kind, std::string_view text, std::string_view format,
                                                char decimal_mark = '.');

}  // namespace pipeline_forecast
