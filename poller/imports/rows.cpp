#include "poller/imports/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace poller::imports {
namespace {

// A longer run of single texts is no footer.
constexpr std::size_t kMostLonelyLines = 50;

// In lower case, without what stands behind: a colon, a count.
constexpr std::array<std::string_view, 31> kTotalWords = {
    "total",  "totals",        "grand total", "subtotal",    "sub total",      "sub-total",     "sum",
    "sums",   "summe",         "gesamt",      "gesamtsumme", "gesamtergebnis", "zwischensumme", "teilergebnis",
    "totaux", "total général", "sous-total",  "somme",       "suma",           "suma total",    "total general",
    "soma",   "total geral",   "totale",      "totaal",      "subtotaal",      "eindtotaal",    "razem",
    "Итого",  "Всего",         "סה\"כ"};

[[nodiscard]] std::size_t filled_cells(const std::vector<std::string_view> &fields) {
    return static_cast<std::size_t>(
        std::ranges::count_if(fields, [](std::string_view field) { return !trimmed_blanks(field).empty(); }));
}

[[nodiscard]] bool has_digit(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A total word first, and nothing but numbers behind it, in less than all columns.
[[nodiscard]] bool is_total_line(const std::vector<std::string_view> &fields, std::size_t width) {
    bool first = true;
    std::size_t filled = 0;
    for (const std::string_view field : fields) {
        const std::string_view cell = trimmed_blanks(field);
        if (cell.empty()) {
            continue;
        }
        ++filled;
        if (std::exchange(first, false) ? !is_total_word(cell) : !has_digit(cell)) {
            return false;
        }
    }
    return filled > 0 && filled < width && filled * 4 <= width * 3;
}

}  // namespace

std::string_view to_string(RowKind kind) noexcept {
    switch (kind) {
        case RowKind::kTaken: return "taken";
        case RowKind::kRefused: return "refused";
        case RowKind::kRepeatedHead: return "repeated head";
        case RowKind::kTotal: return "total line";
        case RowKind::kTitle: return "title or part of the row above";
        case RowKind::kFooter: return "footer";
    }
    return "";
}

bool is_total_word(std::string_view cell) {
    std::string word;
    for (const char character : cell.substr(0, cell.find_first_of(":=(0123456789"))) {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
    }
    return std::ranges::find(kTotalWords, trimmed_blanks(word)) != kTotalWords.end();
}

RowReader::RowReader(RecordSource &records, const Layout &layout, ListShape shape)
    : records_(records), layout_(layout), shape_(std::move(shape)), width_(layout.head.size()) {
    for (std::size_t at = 0; at < width_; ++at) {
        if (!trimmed_blanks(layout.head[at]).empty()) {
            named_ = at + 1;
        }
    }
}

const Row *RowReader::next() {
    while (true) {
        if (held_ != nullptr || at_end_) {
            if (!lonely_.empty()) {
                return give_lonely();
            }
            return at_end_ ? nullptr : classify(*std::exchange(held_, nullptr));
        }
        const Record *record = records_.next(behind_head_ ? width_ : 0);
        if (record == nullptr) {
            at_end_ = true;
            lonely_kind_ = RowKind::kFooter;
        } else if (!behind_head_) {
            behind_head_ = record->line >= layout_.head_line;
        } else if (record->is_blank()) {
            ++blank_lines_;
            after_blank_ = true;
        } else if (is_lonely(*record) && lonely_.size() < kMostLonelyLines) {
            lonely_.push_back(
                {record->line, std::string(record->text), record->fields.size(), after_blank_, record->is_cut_off});
            after_blank_ = false;
        } else {
            held_ = record;
            if (!lonely_.empty()) {
                lonely_kind_ =
                    repeats_head(*record) || lonely_.front().after_blank ? RowKind::kTitle : RowKind::kRefused;
            }
            after_blank_ = false;
        }
    }
}

const Row *RowReader::give_lonely() {
    const Lonely lonely = std::move(lonely_.front());
    lonely_.pop_front();
    lonely_text_ = lonely.text;
    row_.kind = lonely_kind_;
    row_.line = lonely.line;
    row_.text = lonely_text_;
    row_.fields.clear();
    row_.reason.clear();
    // A download that broke off within the last row looks like a footer of one word.
    const bool is_broken_off = lonely_kind_ == RowKind::kFooter && lonely.is_cut_off && !lonely.after_blank &&
                               trimmed_blanks(lonely_text_).find(' ') == std::string_view::npos;
    if (lonely.fields == 1 && is_total_word(trimmed_blanks(lonely_text_))) {
        row_.kind = RowKind::kTotal;
    } else if (lonely_kind_ == RowKind::kRefused || is_broken_off ||
               (lonely_kind_ == RowKind::kTitle && lonely.fields > 1)) {
        row_.kind = RowKind::kRefused;
        row_.reason = is_broken_off ? "is cut off by the end of the file" : width_problem(lonely.fields);
    }
    return &row_;
}

std::string RowReader::width_problem(std::size_t fields) const {
    return fmt::format("has {} field{}, and the head has {}", fields, fields == 1 ? "" : "s", width_);
}

bool RowReader::is_lonely(const Record &record) const {
    if (record.is_unreadable || width_ < 3 || record.fields.size() >= named_) {
        return false;
    }
    if (record.fields.size() * 2 <= width_ && filled_cells(record.fields) == 1) {
        return true;
    }
    // Behind a blank line or another such line: "Copyright, all rights reserved".
    return (after_blank_ || !lonely_.empty()) && record.fields[0].find(' ') != std::string_view::npos &&
           !has_digit(record.fields[0].substr(0, 1));
}

bool RowReader::repeats_head(const Record &record) const {
    std::size_t same = 0;
    for (std::size_t at = 0; at < record.fields.size(); ++at) {
        const std::string_view cell = trimmed_blanks(record.fields[at]);
        if (cell.empty()) {
            continue;
        }
        if (at >= width_ || cell != trimmed_blanks(layout_.head[at])) {
            return false;
        }
        ++same;
    }
    return same > 1 || (same == 1 && named_ == 1);
}

bool RowReader::is_no_entry(const Record &record) const {
    const auto cell = [&](std::size_t column) {
        return column < record.fields.size() ? trimmed_blanks(record.fields[column]) : std::string_view();
    };
    // In a list with groups, a single text is the title of one, even where a program has filled the row with
    // delimiters.
    return (!shape_.needed.empty() && width_ >= 3 && filled_cells(record.fields) == 1) ||
           std::ranges::any_of(shape_.needed, [&](std::size_t column) { return cell(column).empty(); }) ||
           std::ranges::any_of(shape_.titles, [&](const auto &title) {
               return std::ranges::find(title.second, cell(title.first)) != title.second.end();
           });
}

const Row *RowReader::classify(const Record &record) {
    if (record.is_unreadable) {
        return give(RowKind::kRefused, record, "holds a quote that is never closed");
    }
    if (repeats_head(record)) {
        return give(RowKind::kRepeatedHead, record);
    }
    if (is_total_line(record.fields, width_)) {
        return give(RowKind::kTotal, record);
    }
    if (is_no_entry(record)) {
        return give(RowKind::kTitle, record);
    }
    return take(record);
}

const Row *RowReader::take(const Record &record) {
    const std::size_t count = record.fields.size();
    const bool has_more =
        std::ranges::any_of(record.fields.begin() + static_cast<std::ptrdiff_t>(std::min(count, width_)),
                            record.fields.end(), [](std::string_view field) { return !trimmed_blanks(field).empty(); });
    if (has_more) {
        const bool has_delimiters = layout_.dialect.delimiter != '\0';
        return give(RowKind::kRefused, record,
                    width_problem(count) + (has_delimiters ? ": a value may hold the delimiter without quotes" : ""));
    }
    if (count < named_ && !layout_.fills_short_rows) {
        return give(RowKind::kRefused, record,
                    record.is_cut_off ? "is cut off by the end of the file" : width_problem(count));
    }
    row_.fields.assign(record.fields.begin(),
                       record.fields.begin() + static_cast<std::ptrdiff_t>(std::min(count, width_)));
    row_.fields.resize(width_);
    row_.kind = RowKind::kTaken;
    row_.line = record.line;
    row_.text = record.text;
    row_.reason.clear();
    return &row_;
}

const Row *RowReader::give(RowKind kind, const Record &record, std::string reason) {
    row_.kind = kind;
    row_.line = record.line;
    row_.text = record.text;
    row_.fields.clear();
    row_.reason = std::move(reason);
    return &row_;
}

}  // namespace poller::imports
