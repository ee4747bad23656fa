#include "poller/imports/sniff.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace poller::imports {
namespace {

constexpr std::array kDelimiters = {',', ';', '\t', '|'};
constexpr std::size_t kMostRecords = 1000;
// Report preambles are shorter.
constexpr std::size_t kMostLinesToHead = 60;

[[nodiscard]] Sample sample_of(std::string_view text, bool is_all, Dialect dialect) {
    bool given = false;
    RecordReader reader([&] { return std::exchange(given, true) ? std::string_view() : text; }, dialect);
    return read_sample(reader, is_all);
}

// "sep=;" in the first line is Excel's word for the delimiter.
[[nodiscard]] std::optional<char> said_in_file(std::string_view text) {
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    std::string_view word =
        line.starts_with('"') && line.ends_with('"') && line.size() > 2 ? line.substr(1, line.size() - 2) : line;
    if (word.size() == 5 && (word.starts_with("sep=") || word.starts_with("SEP=") || word.starts_with("Sep="))) {
        return word[4];
    }
    return std::nullopt;
}

struct Score {
    std::size_t wanted = 0;   // names of the mapping that one line has
    std::size_t regular = 0;  // records that have as many fields as most
    std::size_t width = 0;

    [[nodiscard]] auto operator<=>(const Score &) const = default;
};

[[nodiscard]] Score score_of(const Sample &sample, const SaidLayout &said) {
    std::map<std::size_t, std::size_t> widths;
    for (const Cells &cells : sample.records) {
        ++widths[cells.size()];
    }
    Score score;
    for (const auto &[width, count] : widths) {
        if (width > 1 && count >= score.regular) {
            score.regular = count;
            score.width = width;
        }
    }
    const std::vector<Cells> first(
        sample.records.begin(),
        sample.records.begin() + static_cast<std::ptrdiff_t>(std::min(sample.records.size(), kMostLinesToHead)));
    if (const auto head = find_head(first, said.wanted); head && !said.wanted.empty()) {
        score.wanted = static_cast<std::size_t>(std::ranges::count_if(said.wanted, [&](const std::string &name) {
            return std::ranges::find(first[*head], plain_name(name), plain_name) != first[*head].end();
        }));
    }
    return score;
}

[[nodiscard]] char recognise_delimiter(std::string_view text, bool is_all, char quote, const SaidLayout &said) {
    char best = kDelimiters.front();
    Score highest;
    for (const char delimiter : kDelimiters) {
        const Score score = score_of(sample_of(text, is_all, {delimiter, quote}), said);
        if (score > highest) {
            highest = score;
            best = delimiter;
        }
    }
    return best;
}

// Double quotes, unless there are none and fields begin and end with single ones.
[[nodiscard]] char recognise_quote(std::string_view text) {
    if (text.find('"') != std::string_view::npos) {
        return '"';
    }
    std::size_t opening = 0;
    std::size_t closing = 0;
    const auto is_edge = [&](std::size_t at) {
        return at == std::string_view::npos || at >= text.size() ||
               std::string_view(",;\t|\r\n").find(text[at]) != std::string_view::npos;
    };
    for (std::size_t at = text.find('\''); at != std::string_view::npos; at = text.find('\'', at + 1)) {
        opening += is_edge(at - 1) ? 1 : 0;
        closing += is_edge(at + 1) ? 1 : 0;
    }
    return opening >= 4 && opening == closing ? '\'' : '"';
}

// Some rows are short, and none that is complete ends with a blank field, though many could.
[[nodiscard]] bool leaves_out_blanks(const Sample &sample, std::size_t head, std::size_t width) {
    std::size_t short_rows = 0;
    std::size_t complete = 0;
    for (std::size_t at = head + 1; at < sample.records.size(); ++at) {
        const Cells &cells = sample.records[at];
        if (cells.size() == width) {
            ++complete;
            if (trimmed_blanks(cells.back()).empty()) {
                return false;
            }
        } else if (cells.size() > 1 && cells.size() < width) {
            ++short_rows;
            if (trimmed_blanks(cells.back()).empty()) {
                return false;
            }
        }
    }
    return short_rows * 5 >= complete && short_rows >= 3;
}

}  // namespace

Sample read_sample(RecordSource &source, bool is_all) {
    Sample sample;
    while (const Record *record = source.next(0)) {
        // The last one may go on where the sample ends.
        if ((record->is_cut_off && !is_all) || sample.records.size() == kMostRecords) {
            break;
        }
        if (!record->is_unreadable && !record->is_blank()) {
            sample.records.emplace_back(record->fields.begin(), record->fields.end());
            sample.lines.push_back(record->line);
        }
    }
    return sample;
}

Layout recognise_head(const Sample &sample, Dialect dialect, const SaidLayout &said) {
    Layout layout;
    layout.dialect = dialect;
    const std::size_t shown = std::min(sample.records.size(), kMostLinesToHead);
    for (std::size_t at = 0; at < shown; ++at) {
        layout.first_lines.push_back(sample.records[at]);
        layout.first_line_numbers.push_back(sample.lines[at]);
    }
    std::optional<std::size_t> head;
    if (said.head_line) {
        const auto found = std::ranges::find(layout.first_line_numbers, *said.head_line);
        if (found != layout.first_line_numbers.end()) {
            head = static_cast<std::size_t>(found - layout.first_line_numbers.begin());
        }
    } else {
        head = find_head(layout.first_lines, said.wanted);
    }
    if (head) {
        layout.head_line = layout.first_line_numbers[*head];
        layout.head = layout.first_lines[*head];
        layout.fills_short_rows =
            said.fills_short_rows ? *said.fills_short_rows : leaves_out_blanks(sample, *head, layout.head.size());
    }
    return layout;
}

Layout recognise_layout(std::string_view beginning, bool is_all, const SaidLayout &said) {
    Dialect dialect;
    const std::optional<char> written = said_in_file(beginning);
    dialect.quote = said.quote ? *said.quote : recognise_quote(beginning);
    dialect.delimiter = said.delimiter ? *said.delimiter
                        : written      ? *written
                                       : recognise_delimiter(beginning, is_all, dialect.quote, said);
    Sample sample = sample_of(beginning, is_all, dialect);
    if (written && !sample.records.empty()) {
        sample.records.erase(sample.records.begin());
        sample.lines.erase(sample.lines.begin());
    }
    return recognise_head(sample, dialect, said);
}

std::string_view other_kind_of_file(std::string_view first_bytes) {
    if (first_bytes.starts_with("\xD0\xCF\x11\xE0")) return "an old Excel workbook, or one with a password";
    if (first_bytes.starts_with("%PDF")) return "a PDF document";
    if (first_bytes.starts_with("\x1F\x8B")) return "a compressed file";
    const std::string_view text = trimmed_blanks(first_bytes.substr(0, 1000));
    if (text.starts_with("<")) return "a page of HTML or XML";
    if (text.starts_with("{\"") || text.starts_with("[{")) return "a JSON document";
    return {};
}

}  // namespace poller::imports
