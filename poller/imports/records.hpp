// Text into records and fields: any of the line ends, quotes as programs write them, and a quote that is never closed
// costs one line and not the rest of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace poller::imports {

struct Dialect {
    char delimiter = ',';  // '\0': none, the file has cells
    char quote = '"';      // '\0': quotes are letters like any other

    [[nodiscard]] bool operator==(const Dialect &) const = default;
};

struct Record {
    std::uint64_t line = 0;                // of its first letter, from 1; the row of a sheet
    std::string_view text;                 // as it stands, without its line end
    std::vector<std::string_view> fields;  // without quotes; blanks at the ends are kept
    bool is_unreadable = false;            // a quote is not closed: text is the line with it, fields is empty
    bool is_cut_off = false;               // the text ends without a line end

    // Nothing but blanks and delimiters.
    [[nodiscard]] bool is_blank() const noexcept;
};

// The text without blanks (of Unicode's too, no-break ones among them) at its ends.
[[nodiscard]] std::string_view trimmed_blanks(std::string_view text) noexcept;

// Records from the first to the last.
class RecordSource {
public:
    virtual ~RecordSource() = default;

    // Null at the end; valid until the next call. Where `width` is not 0, it is how many fields the head has.
    [[nodiscard]] virtual const Record *next(std::size_t width) = 0;

protected:
    RecordSource() = default;
    RecordSource(const RecordSource &) = default;
    RecordSource &operator=(const RecordSource &) = default;
};

class RecordReader final : public RecordSource {
public:
    // Longer ones are taken for a quote that is not closed, so that memory is bounded.
    static constexpr std::size_t kLongestRecord = 4 * 1024 * 1024;

    // UTF-8 without NUL, piece by piece; empty at the end.
    using Source = std::function<std::string_view()>;

    RecordReader(Source source, Dialect dialect);

    // A record over several lines that has not so many fields is a quote that was not closed in its first line.
    [[nodiscard]] const Record *next(std::size_t width) override;

    // Bytes of the text that were read in records so far.
    [[nodiscard]] std::uint64_t consumed() const noexcept { return consumed_; }

private:
    struct Span {
        std::size_t begin = 0;
        std::size_t end = 0;
        bool has_doubled_quotes = false;
    };
    enum class Parsed { kRecord, kNeedsMore, kUnclosed };

    [[nodiscard]] Parsed parse(std::size_t width);
    [[nodiscard]] Parsed parse_quoted(std::size_t &at);
    [[nodiscard]] bool parse_line_end(std::size_t &at);
    [[nodiscard]] bool fill();
    [[nodiscard]] const Record *accept();
    [[nodiscard]] const Record *refuse_line();
    [[nodiscard]] std::string_view unquoted(const Span &span);

    Source source_;
    Dialect dialect_;
    std::string buffer_;
    std::size_t begin_ = 0;  // of the record that is parsed, in the buffer
    std::size_t next_ = 0;   // behind it and its line end
    std::size_t text_end_ = 0;
    bool at_end_ = false;  // the source has no more
    bool ends_with_line_ = false;
    std::uint64_t line_ = 1;
    std::uint64_t lines_ = 0;  // line ends in the record that is parsed
    bool stray_quote_ = false;
    std::uint64_t consumed_ = 0;
    std::vector<Span> spans_;
    std::string unquoted_;
    Record record_;
};

}  // namespace poller::imports
