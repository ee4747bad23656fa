#include "core/monday/field_value.hpp"

#include "core/decode.hpp"
#include "core/import_field.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

std::string array_text(const std::vector<std::string> &texts) {
    std::string array = "{";
    for (const std::string &text : texts) {
        array += array.size() > 1 ? ",\"" : "\"";
        for (const char character : text) {
            if (character == '"' || character == '\\') array += '\\';
            array += character;
        }
        array += '"';
    }
    return array += "}";
}

std::string listed(const std::vector<std::string> &texts) {
    std::string list;
    for (const std::string &text : texts) list.append(list.empty() ? "" : ", ").append(text);
    return list;
}

Decoded<std::string> decode_text(const BoardColumn &column, const Reading &reading, const Board &board) {
    const FieldKind kind = column.field->kind;
    if (kind == FieldKind::kDay) {
        Decoded<std::string> day = decode_field(kind, reading.text, kIsoFormat);
        return day.value || board.date_format == kIsoFormat ? day : decode_field(kind, reading.text, board.date_format);
    }
    return decode_field(kind, reading.text, {}, reading.is_plain_number ? '.' : board.decimal_mark);
}

}  // namespace

FieldValue field_value(const BoardColumn &column, const Reading &reading, const Board &board) {
    const Field &field = *column.field;
    if (!reading.refusal.empty()) return {std::nullopt, reading.refusal};
    if (field.name == kRelationField) return {array_text(reading.ids), {}};
    if (!reading.ids.empty() && (field.name == "account_id" || field.name == "contact_id")) {
        return {listed(reading.ids), {}};
    }
    if (reading.text.empty()) return {};
    Decoded<std::string> decoded = decode_text(column, reading, board);
    return {std::move(decoded.value), std::move(decoded.reason)};
}

}  // namespace pipeline_forecast::monday
