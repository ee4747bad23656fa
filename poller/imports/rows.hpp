// The rows of a file behind its head: what belongs to the list, what is only dressing of a report (blank lines, titles,
// repeated heads, total lines, footers), and what cannot be read.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "poller/imports/head.hpp"
#include "poller/imports/records.hpp"
#include "poller/imports/sniff.hpp"

namespace poller::imports {

enum class RowKind { kTaken, kRefused, kRepeatedHead, kTotal, kTitle, kFooter };

[[nodiscard]] std::string_view to_string(RowKind kind) noexcept;

struct Row {
    RowKind kind = RowKind::kTaken;
    std::uint64_t line = 0;
    std::vector<std::string_view> fields;  // as many as the head has; of taken rows
    std::string_view text;                 // as it stands
    std::string reason;                    // why it is refused
};

// What a preset or a person knows of the rows of a list.
struct ListShape {
    // A row with nothing in one of these columns is a part of the row above, or a sum, and no entry of the list.
    std::vector<std::size_t> needed;
    // So is one with one of these texts in the column.
    std::map<std::size_t, std::vector<std::string>> titles;
};

class RowReader {
public:
    // The records begin with the text; all of them have to outlive the reader.
    RowReader(RecordSource &records, const Layout &layout, ListShape shape);

    // Null at the end; valid until the next call. Blank lines are passed over.
    [[nodiscard]] const Row *next();

    [[nodiscard]] std::uint64_t blank_lines() const noexcept { return blank_lines_; }

private:
    // A line with a single text, or a sentence cut by delimiters: a footer if nothing but such lines follows, else a
    // title or a broken row.
    struct Lonely {
        std::uint64_t line;
        std::string text;
        std::size_t fields;
        bool after_blank;
        bool is_cut_off;
    };

    [[nodiscard]] const Row *give_lonely();
    [[nodiscard]] const Row *classify(const Record &record);
    [[nodiscard]] const Row *take(const Record &record);
    [[nodiscard]] const Row *give(RowKind kind, const Record &record, std::string reason = {});
    [[nodiscard]] std::string width_problem(std::size_t fields) const;
    [[nodiscard]] bool is_lonely(const Record &record) const;
    [[nodiscard]] bool repeats_head(const Record &record) const;
    [[nodiscard]] bool is_no_entry(const Record &record) const;

    RecordSource &records_;
    const Layout &layout_;
    ListShape shape_;
    std::size_t width_;
    std::size_t named_ = 0;  // columns up to the last that has a name
    bool behind_head_ = false;
    bool after_blank_ = false;
    bool at_end_ = false;
    std::uint64_t blank_lines_ = 0;
    std::deque<Lonely> lonely_;
    RowKind lonely_kind_ = RowKind::kFooter;
    const Record *held_ = nullptr;  // read already, given after the lonely lines before it
    std::string lonely_text_;
    Row row_;
};

// "Total", "Summe:", "Grand Total (12 records)" and the like in several languages.
[[nodiscard]] bool is_total_word(std::string_view cell);

}  // namespace poller::imports
