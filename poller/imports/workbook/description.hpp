// What a workbook says about itself: its sheets, the formats and the texts that their cells refer to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "poller/imports/workbook/number_format.hpp"
#include "poller/imports/workbook/xml.hpp"

namespace poller::imports {

// Parts that one part refers to.
struct Relation {
    std::string id;
    std::string kind;    // the last word of its type: "worksheet", "styles"
    std::string target;  // the name of the part
};

// `folder` is that of the part the relations belong to; empty for those of the whole file.
[[nodiscard]] std::vector<Relation> read_relations(XmlReader::Source source, std::string what, std::string_view folder);

struct SheetEntry {
    std::string name;
    std::string relation;
    bool is_hidden = false;
};

struct WorkbookEntries {
    std::vector<SheetEntry> sheets;  // in the order of their tabs
    DayCount count = DayCount::k1900;
};

[[nodiscard]] WorkbookEntries read_workbook(XmlReader::Source source, std::string what);

// By the number that a cell names as its style.
[[nodiscard]] std::vector<NumberFormat> read_formats(XmlReader::Source source, std::string what);

// Texts that cells name by number. They are held in memory, of which they take no more than they may.
class SharedTexts {
public:
    static constexpr std::size_t kMostBytes = 256ULL * 1024 * 1024;
    static constexpr std::size_t kMost = 8'000'000;

    // ConfigError where they are too many.
    void add(std::string_view text);
    [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
    [[nodiscard]] std::string_view at(std::size_t number) const noexcept;

private:
    std::string texts_;
    std::vector<std::uint32_t> ends_;
};

[[nodiscard]] SharedTexts read_shared_texts(XmlReader::Source source, std::string what);

// Characters that XML has no way to hold stand in texts as _x000D_.
[[nodiscard]] std::string unescaped(std::string_view text);

}  // namespace poller::imports
