#include "poller/imports/records.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace poller::imports {
namespace {

// Blanks of Unicode that programs write: no-break, narrow no-break, figure, thin, ideographic, and the mark of byte
// order.
constexpr std::array<std::string_view, 8> kWideBlanks = {"\xC2\xA0",     "\xE2\x80\xAF", "\xE2\x80\x87",
                                                         "\xE2\x80\x89", "\xE3\x80\x80", "\xE2\x80\x8B",
                                                         "\xEF\xBB\xBF", "\xE2\x80\x8E"};

[[nodiscard]] bool is_blank_character(char character) noexcept {
    return character == ' ' || (character >= '\t' && character <= '\r');
}

// How many bytes the blank at the beginning, or at the end, has; 0 where there is none.
[[nodiscard]] std::size_t blank_in_front(std::string_view text) noexcept {
    if (text.empty() || is_blank_character(text.front())) {
        return text.empty() ? 0 : 1;
    }
    if (static_cast<unsigned char>(text.front()) < 0x80) {
        return 0;  // which is the rule
    }
    const auto *const wide =
        std::ranges::find_if(kWideBlanks, [&](std::string_view blank) { return text.starts_with(blank); });
    return wide == kWideBlanks.end() ? 0 : wide->size();
}

[[nodiscard]] std::size_t blank_behind(std::string_view text) noexcept {
    if (text.empty() || is_blank_character(text.back())) {
        return text.empty() ? 0 : 1;
    }
    if (static_cast<unsigned char>(text.back()) < 0x80) {
        return 0;
    }
    const auto *const wide =
        std::ranges::find_if(kWideBlanks, [&](std::string_view blank) { return text.ends_with(blank); });
    return wide == kWideBlanks.end() ? 0 : wide->size();
}

}  // namespace

std::string_view trimmed_blanks(std::string_view text) noexcept {
    while (const std::size_t size = blank_in_front(text)) {
        text.remove_prefix(size);
    }
    while (const std::size_t size = blank_behind(text)) {
        text.remove_suffix(size);
    }
    return text;
}

bool Record::is_blank() const noexcept {
    return !is_unreadable &&
           std::ranges::all_of(fields, [](std::string_view field) { return trimmed_blanks(field).empty(); });
}

RecordReader::RecordReader(Source source, Dialect dialect) : source_(std::move(source)), dialect_(dialect) {}

const Record *RecordReader::next(std::size_t width) {
    consumed_ += next_ - begin_;
    begin_ = next_;
    while (true) {
        if (begin_ == buffer_.size() && !fill()) {
            return nullptr;
        }
        switch (parse(width)) {
            case Parsed::kRecord: return accept();
            case Parsed::kUnclosed: return refuse_line();
            case Parsed::kNeedsMore:
                if (buffer_.size() - begin_ > kLongestRecord) {
                    return refuse_line();
                }
                // Without more, the text ends here, which the parser is told by at_end_.
                static_cast<void>(fill());
        }
    }
}

bool RecordReader::fill() {
    if (at_end_) {
        return false;
    }
    buffer_.erase(0, begin_);
    begin_ = next_ = 0;
    const std::string_view more = source_();
    at_end_ = more.empty();
    buffer_.append(more);
    return !at_end_;
}

// At a line end, which is passed. False where the text must go on to tell \r from \r\n.
bool RecordReader::parse_line_end(std::size_t &at) {
    if (buffer_[at] == '\r') {
        if (at + 1 == buffer_.size() && !at_end_) {
            return false;
        }
        if (at + 1 < buffer_.size() && buffer_[at + 1] == '\n') {
            ++at;
        }
    }
    ++at;
    return true;
}

RecordReader::Parsed RecordReader::parse(std::size_t width) {
    spans_.clear();
    lines_ = 0;
    stray_quote_ = false;
    std::size_t at = begin_;
    while (true) {
        std::size_t start = at;
        if (dialect_.quote != '\0') {
            // Some put a blank behind the delimiter, before the quote.
            while (start < buffer_.size() && buffer_[start] == ' ' && dialect_.delimiter != ' ') {
                ++start;
            }
        }
        if (start < buffer_.size() && dialect_.quote != '\0' && buffer_[start] == dialect_.quote) {
            at = start + 1;
            const Parsed parsed = parse_quoted(at);
            if (parsed != Parsed::kRecord) {
                return parsed;
            }
        } else {
            start = at;
            while (at < buffer_.size() && buffer_[at] != dialect_.delimiter && buffer_[at] != '\n' &&
                   buffer_[at] != '\r') {
                ++at;
            }
            spans_.push_back({start, at, false});
        }
        if (at == buffer_.size()) {
            if (!at_end_) {
                return Parsed::kNeedsMore;
            }
            text_end_ = next_ = at;
            ends_with_line_ = false;
            break;
        }
        if (buffer_[at] == dialect_.delimiter) {
            ++at;
            continue;
        }
        text_end_ = at;
        if (!parse_line_end(at)) {
            return Parsed::kNeedsMore;
        }
        next_ = at;
        ends_with_line_ = true;
        break;
    }
    const bool is_suspect = stray_quote_ || (width != 0 && spans_.size() != width);
    return lines_ > 0 && is_suspect ? Parsed::kUnclosed : Parsed::kRecord;
}

// Behind an opening quote; ends at a delimiter, a line end or the end of the text. A quote that neither is doubled nor
// ends the field is a letter: many programs forget to double it.
RecordReader::Parsed RecordReader::parse_quoted(std::size_t &at) {
    Span span{at, at, false};
    while (true) {
        const std::size_t quote = std::min(buffer_.find(dialect_.quote, at), buffer_.size());
        for (std::size_t each = at; each < quote; ++each) {
            if (buffer_[each] == '\n' || (buffer_[each] == '\r' && !(each + 1 < quote && buffer_[each + 1] == '\n'))) {
                ++lines_;
            }
        }
        if (quote == buffer_.size()) {
            return at_end_ ? Parsed::kUnclosed : Parsed::kNeedsMore;
        }
        if (quote + 1 == buffer_.size() && !at_end_) {
            return Parsed::kNeedsMore;
        }
        std::size_t behind = quote + 1;
        if (behind < buffer_.size() && buffer_[behind] == dialect_.quote) {
            span.has_doubled_quotes = true;
            at = behind + 1;
            continue;
        }
        while (behind < buffer_.size() && buffer_[behind] == ' ' && dialect_.delimiter != ' ') {
            ++behind;
        }
        if (behind == buffer_.size() && !at_end_) {
            return Parsed::kNeedsMore;
        }
        if (behind == buffer_.size() || buffer_[behind] == dialect_.delimiter || buffer_[behind] == '\n' ||
            buffer_[behind] == '\r') {
            span.end = quote;
            spans_.push_back(span);
            at = behind;
            return Parsed::kRecord;
        }
        stray_quote_ = true;
        if (lines_ > 0) {
            return Parsed::kUnclosed;
        }
        at = quote + 1;
    }
}

std::string_view RecordReader::unquoted(const Span &span) {
    const std::string_view text = std::string_view(buffer_).substr(span.begin, span.end - span.begin);
    if (!span.has_doubled_quotes) {
        return text;
    }
    const std::size_t start = unquoted_.size();
    for (std::size_t at = 0; at < text.size(); ++at) {
        unquoted_ += text[at];
        if (text[at] == dialect_.quote && at + 1 < text.size() && text[at + 1] == dialect_.quote) {
            ++at;
        }
    }
    return std::string_view(unquoted_).substr(start);
}

const Record *RecordReader::accept() {
    record_.line = line_;
    record_.text = std::string_view(buffer_).substr(begin_, text_end_ - begin_);
    record_.is_unreadable = false;
    record_.is_cut_off = !ends_with_line_;
    unquoted_.clear();
    unquoted_.reserve(record_.text.size());  // so that no field moves
    record_.fields.clear();
    for (const Span &span : spans_) {
        record_.fields.push_back(unquoted(span));
    }
    line_ += lines_ + (ends_with_line_ ? 1 : 0);
    return &record_;
}

const Record *RecordReader::refuse_line() {
    std::size_t at = begin_;
    while (at < buffer_.size() && buffer_[at] != '\n' && buffer_[at] != '\r') {
        ++at;
    }
    text_end_ = at;
    ends_with_line_ = at < buffer_.size();
    if (ends_with_line_ && !parse_line_end(at)) {
        ++at;  // at the very end of a record that is too long as well
    }
    next_ = at;
    record_.line = line_;
    record_.text = std::string_view(buffer_).substr(begin_, text_end_ - begin_);
    record_.is_unreadable = true;
    record_.is_cut_off = !ends_with_line_;
    record_.fields.clear();
    line_ += ends_with_line_ ? 1 : 0;
    return &record_;
}

}  // namespace poller::imports
