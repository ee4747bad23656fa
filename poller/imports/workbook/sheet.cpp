#include "poller/imports/workbook/sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "poller/errors.hpp"

namespace poller::imports {
namespace {

// A formula whose program wrote no result: no error of a spreadsheet, and read like one.
constexpr std::string_view kNoResult = "#UNCALCULATED!";
constexpr std::string_view kBetweenCells = " | ";

}  // namespace

std::optional<CellPlace> parse_place(std::string_view text) noexcept {
    CellPlace place;
    std::uint32_t column = 0;
    while (!text.empty() && text.front() >= 'A' && text.front() <= 'Z' && column <= kMostSheetColumns) {
        column = column * 26 + static_cast<std::uint32_t>(text.front() - 'A' + 1);
        text.remove_prefix(1);
    }
    const auto row = whole_number(text);
    if (column == 0 || column > kMostSheetColumns || !row || *row == 0 || *row > kMostSheetRows) {
        return std::nullopt;
    }
    place.column = column - 1;
    place.row = *row;
    return place;
}

SheetRecords::SheetRecords(XmlReader::Source source, std::string what, const SheetContext &context)
    : what_(std::move(what)), context_(context), xml_(std::move(source), what_, *this) {}

void SheetRecords::refuse(const std::string &why) const {
    throw ConfigError(fmt::format("{} is damaged: {}", what_, why),
                      {"", "", "Open it in a spreadsheet program and save it anew."});
}

const Record *SheetRecords::next(std::size_t /*width*/) {
    while (!has_row_ && !at_end_) {
        has_row_ = xml_.read();
        at_end_ = !has_row_;
    }
    if (!has_row_) {
        return nullptr;
    }
    if (given_ + 1 < row_) {
        record_.fields.clear();
        record_.text = {};
        record_.line = ++given_;
        return &record_;
    }
    has_row_ = false;
    return give(row_);
}

const Record *SheetRecords::give(std::uint32_t row) {
    given_ = row;
    fill_merged();
    while (!cells_.empty() && trimmed_blanks(cells_.back()).empty()) {
        cells_.pop_back();
    }
    record_.line = row;
    record_.fields.assign(cells_.begin(), cells_.end());
    shown_ = fmt::format("{}", fmt::join(cells_, kBetweenCells));
    record_.text = shown_;
    return &record_;
}

void SheetRecords::fill_merged() {
    std::erase_if(lasting_, [this](const auto &lasting) { return lasting.second.last_row < row_; });
    if (std::ranges::all_of(cells_, &std::string::empty)) {
        return;
    }
    for (const auto &[column, lasting] : lasting_) {
        if (cells_.size() <= column) {
            cells_.resize(column + 1);
        }
        if (cells_[column].empty()) {
            cells_[column] = lasting.text;
        }
    }
}

void SheetRecords::begin(std::string_view name, const XmlAttributes &attributes) {
    if (name == "row" && !is_row_) {
        begin_row(attributes);
    } else if (name == "c" && is_row_ && !is_cell_) {
        begin_cell(attributes);
    } else if (name == "mergeCell") {
        note_merged(attributes.find("ref").value_or(""));
    } else if (!is_cell_) {
        return;
    } else if (name == "v") {
        within_ = Within::kValue;
        has_value_ = true;
    } else if (name == "f") {
        has_formula_ = true;
    } else if (name == "rPh") {
        is_pronunciation_ = true;
    } else if (name == "t" && !is_pronunciation_) {
        within_ = Within::kText;
    }
}

void SheetRecords::text(std::string_view piece) {
    if (within_ == Within::kNothing) {
        return;
    }
    (within_ == Within::kValue ? value_ : inline_text_) += piece;
    row_bytes_ += piece.size();
    if (row_bytes_ > kLongestRow) {
        refuse(fmt::format("row {} holds more than {} MB of text", row_, kLongestRow / 1024 / 1024));
    }
}

void SheetRecords::end(std::string_view name) {
    if (name == "row" && is_row_) {
        is_row_ = false;
        xml_.pause();
    } else if (name == "c" && is_cell_) {
        is_cell_ = false;
        end_cell();
    } else if (name == "rPh") {
        is_pronunciation_ = false;
    } else if (name == "v" || name == "t") {
        within_ = Within::kNothing;
    }
}

void SheetRecords::begin_row(const XmlAttributes &attributes) {
    const std::uint32_t row = attributes.find("r") ? attributes.number("r").value_or(0) : row_ + 1;
    if (row <= row_ || row > kMostSheetRows) {
        refuse(fmt::format("a row says that it is number {}, and stands behind row {}", attributes.text("r"), row_));
    }
    row_ = row;
    is_row_ = true;
    column_ = 0;
    row_bytes_ = 0;
    cells_.clear();
}

void SheetRecords::begin_cell(const XmlAttributes &attributes) {
    if (const auto said = attributes.find("r")) {
        const auto place = parse_place(*said);
        if (!place || place->row != row_) {
            refuse(fmt::format("a cell of row {} says that it is \"{}\"", row_, *said));
        }
        column_ = place->column;
    }
    if (column_ >= kMostSheetColumns) {
        refuse(fmt::format("row {} has more than {} cells", row_, kMostSheetColumns));
    }
    is_cell_ = true;
    has_formula_ = false;
    has_value_ = false;
    within_ = Within::kNothing;
    type_ = attributes.text("t");
    style_ = attributes.number("s").value_or(0);
    value_.clear();
    inline_text_.clear();
}

void SheetRecords::end_cell() {
    std::string text = cell_text();
    row_bytes_ += text.size();
    if (row_bytes_ > kLongestRow) {
        refuse(fmt::format("row {} holds more than {} MB of text", row_, kLongestRow / 1024 / 1024));
    }
    const auto &merged = context_.merged;
    while (next_merged_ < merged.size() && merged[next_merged_].first_row < row_) {
        ++next_merged_;
    }
    for (std::size_t at = next_merged_; at < merged.size() && merged[at].first_row == row_; ++at) {
        if (merged[at].column == column_ && !text.empty() && !is_amount()) {
            lasting_[column_] = {merged[at].last_row, text};
        }
    }
    if (!text.empty()) {
        if (cells_.size() <= column_) {
            cells_.resize(column_ + 1);
        }
        cells_[column_] = std::move(text);
    }
    ++column_;
}

const NumberFormat &SheetRecords::format() const noexcept {
    static const NumberFormat kGeneral;
    return style_ < context_.formats.size() ? context_.formats[style_] : kGeneral;
}

bool SheetRecords::is_amount() const noexcept {
    const NumberFormat::Kind kind = format().kind;
    return (type_.empty() || type_ == "n") && kind != NumberFormat::Kind::kDay && kind != NumberFormat::Kind::kTime;
}

std::string SheetRecords::cell_text() {
    if (type_ == "s") {
        const auto number = whole_number(trimmed_blanks(value_));
        if (!number && value_.empty()) {
            return {};
        }
        if (!number || *number >= context_.texts.size()) {
            refuse(fmt::format("a cell of row {} names text {} of {}", row_, value_, context_.texts.size()));
        }
        return std::string(context_.texts.at(*number));
    }
    if (type_ == "inlineStr") {
        return unescaped(inline_text_);
    }
    if (type_ == "str" && (has_value_ || !has_formula_)) {
        return unescaped(value_);
    }
    const std::string_view value = trimmed_blanks(value_);
    if (value.empty()) {
        return std::string(has_formula_ ? kNoResult : "");
    }
    if (type_ == "b") {
        return value == "1" || value == "true" ? "true" : "false";
    }
    if (type_ == "d") {
        return shown_moment(value);
    }
    return type_ == "e" ? std::string(value) : shown_number(value, format(), context_.count);
}

void SheetRecords::note_merged(std::string_view range) {
    const std::size_t mark = range.find(':');
    const auto first = parse_place(range.substr(0, mark));
    const auto last = mark == std::string_view::npos ? first : parse_place(range.substr(mark + 1));
    if (!first || !last || last->row <= first->row) {
        return;
    }
    if (merged_.size() == kMostMerged) {
        refuse(fmt::format("more than {} groups of cells are merged", kMostMerged));
    }
    merged_.push_back({first->row, last->row, first->column});
}

std::vector<MergedCells> SheetRecords::merged() const {
    std::vector<MergedCells> sorted = merged_;
    std::ranges::sort(sorted, {}, [](const MergedCells &one) { return std::pair(one.first_row, one.column); });
    return sorted;
}

}  // namespace poller::imports
