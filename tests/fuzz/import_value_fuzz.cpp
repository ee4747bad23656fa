// Any bytes as values of a file: the first line is a format of numbers, the second one of days, the rest are the values
// of a column. Whatever they are, what is read is what the tables hold, and a column has at most one format.
#include <cstdint>
#include <string>
#include <vector>

#include "core/import/column_report.hpp"
#include "core/import/field_reader.hpp"
#include "core/input_error.hpp"
#include "require.hpp"

#include <nlohmann/json.hpp>

namespace {

using namespace pipeline_forecast;

std::string_view take_line(std::string_view &text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return line;
}

void read_value(FieldKind kind, std::string_view format, std::string_view value) {
    try {
        const Decoded<std::string> read = FieldReader::parse(kind, format).read(value);
        require(read.value.has_value() == read.reason.empty(), "a value has no reason, and a refusal has one");
        if (!read.value || kind == FieldKind::kText || kind == FieldKind::kKey || kind == FieldKind::kState) return;
        const Decoded<std::string> again = FieldReader::parse(kind, {}).read(*read.value);
        require(again.value == read.value, "what is written is read as the same");
    } catch (const InputError &error) {
        require(error.what()[0] != '\0' && !error.hint().empty(), "an error says what is wrong and what to do");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char *>(data), size);
    const std::string_view number_format = take_line(rest);
    const std::string_view day_format = take_line(rest);

    std::vector<ColumnInference> column(1);
    std::int64_t lines = 0;
    for (; !rest.empty(); ++lines) {
        const std::string_view value = take_line(rest);
        column[0].add(value);
        read_value(FieldKind::kDay, day_format, value);
        for (const FieldKind kind : {FieldKind::kMoney, FieldKind::kPercent, FieldKind::kGestation, FieldKind::kNumber,
                                     FieldKind::kKey, FieldKind::kState}) {
            read_value(kind, number_format, value);
        }
    }
    const ColumnFinding found = column[0].result(mark_of_file(column, {true}));
    require(found.value_count + found.blank_count == lines, "every value is counted");
    require(found.day.known <= found.value_count && found.number.known <= found.value_count, "none is known twice");
    require(found.distinct_count <= found.value_count, "no more differ than there are");
    (void)column_report(found).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return 0;
}
