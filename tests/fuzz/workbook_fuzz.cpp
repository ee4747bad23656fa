// Any bytes as a workbook, and as each of its parts, which the checksums of an archive would keep them from: they are
// read, in pieces of any size alike, or refused with a sentence.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "poller/errors.hpp"
#include "poller/imports/workbook/archive.hpp"
#include "poller/imports/workbook/description.hpp"
#include "poller/imports/workbook/sheet.hpp"
#include "poller/imports/workbook/workbook_file.hpp"
#include "require.hpp"

namespace {

using namespace poller::imports;

XmlReader::Source in_pieces(std::string_view text, std::size_t piece) {
    return [text, piece]() mutable {
        const std::string_view next = text.substr(0, piece);
        text.remove_prefix(next.size());
        return next;
    };
}

// What it comes to, or that it is refused: where depends on the pieces.
template <typename Read>
std::string outcome(Read read) {
    try {
        return read();
    } catch (const poller::ConfigError &error) {
        require(*error.what() != '\0', "a refusal has a reason");
        return "refused";
    }
}

std::string read_sheet(std::string_view xml, std::size_t piece) {
    SheetContext context;
    context.formats = {{}, {NumberFormat::Kind::kDay, ""}, {NumberFormat::Kind::kPercent, ""}, {{}, "EUR"}};
    context.texts.add("shared");
    context.merged = {{1, 3, 0}, {2, 9, 2}};
    SheetRecords records(in_pieces(xml, piece), "sheet", context);
    std::string rows;
    std::uint64_t line = 0;
    while (const Record *record = records.next(0)) {
        require(record->line == ++line, "every row is given once");
        rows += std::string(record->text) + '\n';
        require(rows.find('\0') == std::string::npos, "no text holds a NUL");
        if (line > 5000) {
            break;
        }
    }
    return rows + std::to_string(records.merged().size());
}

std::string read_description(std::string_view xml, std::size_t piece) {
    std::string said = outcome([&] { return std::to_string(read_formats(in_pieces(xml, piece), "styles").size()); });
    said += outcome([&] { return std::to_string(read_workbook(in_pieces(xml, piece), "workbook").sheets.size()); });
    said += outcome([&] {
        std::string targets;
        for (const Relation &relation : read_relations(in_pieces(xml, piece), "relations", "xl")) {
            require(
                relation.target.find("..") == std::string::npos || relation.target.find("/../") == std::string::npos,
                "a part is within the archive");
            targets += relation.target;
        }
        return targets;
    });
    said += outcome([&] {
        const SharedTexts texts = read_shared_texts(in_pieces(xml, piece), "texts");
        return texts.size() == 0 ? std::string() : std::string(texts.at(texts.size() - 1));
    });
    return said;
}

void read_file(std::string_view bytes) {
    const int file = memfd_create("workbook", 0);
    require(file >= 0 && write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
            "room for a file");
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    outcome([&] {
        const WorkbookFile workbook(path, "");
        return std::to_string(workbook.layout({}).head.size());
    });
    close(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    if (bytes.starts_with("PK")) {
        read_file(bytes);
        return 0;
    }
    const auto sheet = [&](std::size_t piece) { return outcome([&] { return read_sheet(bytes, piece); }); };
    require(sheet(3) == sheet(size + 1), "pieces of any size are read alike");
    require(read_description(bytes, 5) == read_description(bytes, size + 1), "and so is what describes them");
    const NumberFormat format = parse_number_format(bytes);
    static_cast<void>(shown_number(bytes, format, DayCount::k1904));
    return 0;
}
