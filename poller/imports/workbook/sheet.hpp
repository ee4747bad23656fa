// The rows of a sheet, one after the other: each cell as the text that a list would hold.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "poller/imports/records.hpp"
#include "poller/imports/workbook/description.hpp"
#include "poller/imports/workbook/xml.hpp"

namespace poller::imports {

inline constexpr std::uint32_t kMostSheetRows = 1'048'576;
inline constexpr std::uint32_t kMostSheetColumns = 16'384;

// Cells of several rows that were made one. What stands in the first holds for all of them, unless it is a number,
// which would count several times.
struct MergedCells {
    std::uint32_t first_row = 0;
    std::uint32_t last_row = 0;
    std::uint32_t column = 0;  // from 0
};

// What cells refer to.
struct SheetContext {
    std::vector<NumberFormat> formats;
    SharedTexts texts;
    DayCount count = DayCount::k1900;
    // In the order of their rows. A sheet names them behind its last row, so that only a second reading knows them.
    std::vector<MergedCells> merged;
};

// A place such as "AB12": row from 1, column from 0.
struct CellPlace {
    std::uint32_t row = 0;
    std::uint32_t column = 0;
};

[[nodiscard]] std::optional<CellPlace> parse_place(std::string_view text) noexcept;

class SheetRecords final : public RecordSource, private XmlHandler {
public:
    static constexpr std::size_t kLongestRow = RecordReader::kLongestRecord;
    static constexpr std::size_t kMostMerged = 10'000;

    // The context has to outlive the records. `what` is the sheet as errors name it.
    SheetRecords(XmlReader::Source source, std::string what, const SheetContext &context);

    // Rows that are not in the file are blank ones.
    [[nodiscard]] const Record *next(std::size_t width) override;

    // Cells that are merged over several rows; known at the end.
    [[nodiscard]] std::vector<MergedCells> merged() const;

private:
    struct Lasting {
        std::uint32_t last_row = 0;
        std::string text;
    };
    enum class Within : std::uint8_t { kNothing, kValue, kText };

    void begin(std::string_view name, const XmlAttributes &attributes) override;
    void text(std::string_view piece) override;
    void end(std::string_view name) override;

    void begin_row(const XmlAttributes &attributes);
    void begin_cell(const XmlAttributes &attributes);
    void end_cell();
    void note_merged(std::string_view range);
    void fill_merged();
    [[nodiscard]] std::string cell_text();
    [[nodiscard]] bool is_amount() const noexcept;
    [[nodiscard]] const NumberFormat &format() const noexcept;
    [[nodiscard]] const Record *give(std::uint32_t row);
    [[noreturn]] void refuse(const std::string &why) const;

    std::string what_;
    const SheetContext &context_;
    XmlReader xml_;
    std::vector<MergedCells> merged_;
    std::size_t next_merged_ = 0;
    std::map<std::uint32_t, Lasting> lasting_;  // by column

    std::uint32_t row_ = 0;     // that is read, or was read last
    std::uint32_t column_ = 0;  // of the next cell that does not say its place
    std::uint32_t given_ = 0;   // the last row that next() gave
    bool has_row_ = false;      // row_ is read and not given yet
    bool is_row_ = false;
    bool at_end_ = false;

    bool is_cell_ = false;
    bool is_pronunciation_ = false;
    bool has_formula_ = false;
    bool has_value_ = false;
    Within within_ = Within::kNothing;
    std::string type_;
    std::uint32_t style_ = 0;
    std::string value_;
    std::string inline_text_;

    std::vector<std::string> cells_;
    std::size_t row_bytes_ = 0;
    std::string shown_;
    Record record_;
};

}  // namespace poller::imports
