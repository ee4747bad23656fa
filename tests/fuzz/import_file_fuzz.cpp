// Any bytes as a file to import: recognised and read without harm, in pieces of any size alike, and every letter of it
// either is in a row or is dressing that the rows leave out.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "poller/imports/copy_text.hpp"
#include "poller/imports/encoding.hpp"
#include "poller/imports/rows.hpp"
#include "poller/imports/sniff.hpp"
#include "require.hpp"

namespace {

using namespace poller::imports;

std::string decoded(Encoding encoding, std::string_view bytes, std::size_t piece) {
    TextDecoder decoder(encoding);
    std::string text;
    while (!bytes.empty()) {
        text += decoder.decode(bytes.substr(0, piece), false);
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    text += decoder.decode({}, true);
    return text;
}

bool is_utf8_without_nul(const std::string &text) {
    EncodingSurvey survey;
    survey.look(text);
    return text.find('\0') == std::string::npos &&
           (survey.has_byte_order_mark() || decoded(Encoding::kUtf8, text, text.size() + 1) == text);
}

// What COPY would get, line by line.
std::string rows_of(const std::string &text, const Layout &layout, std::size_t piece) {
    std::size_t at = 0;
    RecordReader records(
        [&] {
            const std::string_view chunk = std::string_view(text).substr(std::min(at, text.size()), piece);
            at += chunk.size();
            return chunk;
        },
        layout.dialect);
    RowReader reader(records, layout, {});
    std::string rows;
    std::uint64_t line = 0;
    while (const Row *row = reader.next()) {
        require(row->line > line, "rows come in the order of their lines");
        line = row->line;
        require((row->kind == RowKind::kRefused) == !row->reason.empty(), "a refused row has a reason, and no other");
        require(row->kind != RowKind::kTaken || row->fields.size() == layout.head.size(),
                "a row is as wide as the head");
        rows += std::to_string(row->line) + to_string(row->kind).data() + row->reason + '\t';
        for (const std::string_view field : row->fields) {
            append_copy_value(rows, field);
        }
        end_copy_row(rows);
    }
    require(records.consumed() == text.size(), "all of the text is read");
    return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    EncodingSurvey survey;
    survey.look(bytes);
    const std::string text = decoded(survey.verdict(), bytes, size + 1);
    require(decoded(survey.verdict(), bytes, 3) == text, "pieces of any size are decoded alike");
    require(is_utf8_without_nul(text), "what is decoded is UTF-8 without NUL");

    const Layout layout = recognise_layout(text, true, {});
    for (const Column &column : columns_of(layout.head)) {
        require(column.staged.size() <= 63, "the database takes the name of a column");
    }
    if (layout.head_line > 0) {
        require(rows_of(text, layout, 5) == rows_of(text, layout, size + 1), "pieces of any size are read alike");
    }
    return 0;
}
