#include "poller/imports/workbook/workbook_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "poller/errors.hpp"
#include "poller/imports/workbook/archive.hpp"

namespace poller::imports {
namespace {

// Columns right of the head are read as columns without a name, unless they are a note far off.
constexpr std::size_t kMostNameless = 400;
constexpr Dialect kCells{'\0', '\0'};

[[nodiscard]] std::string named_part(const std::string &path, const std::string &part) {
    return fmt::format("workbook \"{}\", part \"{}\",", path, part);
}

// The bytes of one part.
[[nodiscard]] XmlReader::Source source_of(std::shared_ptr<ArchivePart> part) {
    return [part = std::move(part)] { return part->next(); };
}

[[nodiscard]] XmlReader::Source source_of(const std::string &path, const std::string &part, std::uint64_t largest) {
    return source_of(std::make_shared<ArchivePart>(path, part, largest));
}

[[nodiscard]] std::string folder_of(const std::string &part) { return std::filesystem::path(part).parent_path(); }

[[nodiscard]] std::string relations_of(const std::string &part) {
    const std::filesystem::path path(part);
    return (path.parent_path() / "_rels" / (path.filename().string() + ".rels")).string();
}

[[nodiscard]] const Relation *find_kind(const std::vector<Relation> &relations, std::string_view kind) {
    const auto found = std::ranges::find(relations, kind, &Relation::kind);
    return found == relations.end() ? nullptr : &*found;
}

[[noreturn]] void refuse_archive_without_workbook(const std::string &path, const std::set<std::string> &parts) {
    const std::string_view what = parts.contains("content.xml")       ? "an OpenDocument file"
                                  : parts.contains("xl/workbook.bin") ? "a binary Excel workbook"
                                                                      : "an archive that holds no Excel workbook";
    throw ConfigError(fmt::format("\"{}\" is {}", path, what),
                      {"", "", "Save it as \"CSV UTF-8\" or as an Excel workbook (.xlsx), and import that file."});
}

class WorkbookRecords final : public ListRecords {
public:
    WorkbookRecords(const std::string &path, const std::string &part, const SheetContext &context)
        : part_(std::make_shared<ArchivePart>(path, part, kLargestPart)),
          sheet_(source_of(part_), named_part(path, part), context) {}

    [[nodiscard]] const Record *next(std::size_t width) override { return sheet_.next(width); }
    [[nodiscard]] std::uint64_t position() const noexcept override { return part_->position(); }
    [[nodiscard]] std::vector<MergedCells> merged() const { return sheet_.merged(); }

private:
    std::shared_ptr<ArchivePart> part_;
    SheetRecords sheet_;
};

}  // namespace

WorkbookFile::WorkbookFile(std::string path, const std::string &sheet) : ListFile(std::move(path)) {
    const std::string &file = this->path();
    const std::set<std::string> parts = part_names(file);
    const auto described = [&](const std::string &part) { return source_of(file, part, kLargestDescription); };
    const auto relations = [&](const std::string &part, const std::string &folder) {
        return parts.contains(part) ? read_relations(described(part), named_part(file, part), folder)
                                    : std::vector<Relation>();
    };
    const std::vector<Relation> whole = relations("_rels/.rels", "");
    const Relation *document = find_kind(whole, "officeDocument");
    const std::string workbook = document == nullptr ? "xl/workbook.xml" : document->target;
    if (!parts.contains(workbook) || !workbook.ends_with(".xml")) {
        refuse_archive_without_workbook(file, parts);
    }
    const WorkbookEntries entries = read_workbook(described(workbook), named_part(file, workbook));
    const std::vector<Relation> related = relations(relations_of(workbook), folder_of(workbook));
    context_.count = entries.count;
    if (const Relation *styles = find_kind(related, "styles"); styles != nullptr && parts.contains(styles->target)) {
        context_.formats = read_formats(described(styles->target), named_part(file, styles->target));
    }
    if (const Relation *texts = find_kind(related, "sharedStrings"); texts && parts.contains(texts->target)) {
        context_.texts =
            read_shared_texts(source_of(file, texts->target, kLargestPart), named_part(file, texts->target));
    }
    choose_sheet(entries, related, sheet);
    survey();
}

void WorkbookFile::choose_sheet(const WorkbookEntries &entries, const std::vector<Relation> &relations,
                                const std::string &said) {
    const SheetEntry *chosen = nullptr;
    std::vector<std::string> names;
    for (const SheetEntry &entry : entries.sheets) {
        const auto relation = std::ranges::find(relations, entry.relation, &Relation::id);
        // A sheet may be a chart.
        if (relation == relations.end() || relation->kind != "worksheet") {
            continue;
        }
        names.push_back(entry.name);
        if (chosen == nullptr && (said.empty() ? !entry.is_hidden : entry.name == said)) {
            chosen = &entry;
            part_ = relation->target;
        }
    }
    if (chosen == nullptr) {
        throw ConfigError(
            said.empty() ? fmt::format("workbook \"{}\" has no sheet that is shown", path())
                         : fmt::format("workbook \"{}\" has no sheet \"{}\"", path(), said),
            {"", "",
             names.empty() ? "" : fmt::format("It has \"{}\"; --sheet NAME says which.", fmt::join(names, "\", \""))});
    }
    sheet_ = chosen->name;
    std::ranges::copy_if(names, std::back_inserter(others_), [&](const std::string &name) { return name != sheet_; });
}

void WorkbookFile::survey() {
    WorkbookRecords records(path(), part_, context_);
    while (const Record *record = records.next(0)) {
        widest_ = std::max(widest_, record->fields.size());
    }
    length_ = records.position();
    context_.merged = records.merged();
    if (widest_ == 0) {
        throw ConfigError(
            fmt::format("sheet \"{}\" of workbook \"{}\" is empty", sheet_, path()),
            {"", "",
             others_.empty() ? "" : fmt::format("--sheet NAME takes another: \"{}\".", fmt::join(others_, "\", \""))});
    }
}

Layout WorkbookFile::layout(const SaidLayout &said) const {
    if (said.delimiter || said.quote) {
        throw ConfigError(
            fmt::format("\"{}\" is a workbook, which has cells and neither delimiters nor quotes", path()));
    }
    WorkbookRecords records(path(), part_, context_);
    Layout layout = with_head(recognise_head(read_sample(records, true), kCells, said), said);
    layout.head.resize(std::max(layout.head.size(), std::min(widest_, kMostNameless)));
    // The file does not tell a blank cell at the end of a row from none.
    layout.fills_short_rows = said.fills_short_rows.value_or(true);
    return layout;
}

std::unique_ptr<ListRecords> WorkbookFile::records(const Layout & /*layout*/) const {
    return std::make_unique<WorkbookRecords>(path(), part_, context_);
}

nlohmann::json WorkbookFile::written(const Layout & /*layout*/) const {
    return {{"bytes", std::filesystem::file_size(path())}, {"sheet", sheet_}, {"other_sheets", others_}};
}

}  // namespace poller::imports
