#include "poller/imports/text_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <utility>

#include "poller/errors.hpp"

namespace poller::imports {
namespace {

constexpr std::size_t kBlock = 256 * 1024;
// What the layout is recognised by.
constexpr std::size_t kBeginning = 1024 * 1024;

[[nodiscard]] std::ifstream opened(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw ConfigError(fmt::format("cannot read file \"{}\"", path));
    }
    return file;
}

[[nodiscard]] std::string_view read_block(std::ifstream &file, std::string &block) {
    block.resize(kBlock);
    file.read(block.data(), static_cast<std::streamsize>(kBlock));
    block.resize(static_cast<std::size_t>(file.gcount()));
    return block;
}

[[nodiscard]] std::string word_for(char character) {
    switch (character) {
        case ',': return "comma";
        case ';': return "semicolon";
        case '\t': return "tab";
        case '|': return "pipe";
        case '"': return "double";
        case '\'': return "single";
        case '\0': return "none";
        default: return std::string(1, character);
    }
}

// Its text, piece by piece, and the records in it.
class TextRecords final : public ListRecords {
public:
    TextRecords(const std::string &path, Encoding encoding, Dialect dialect)
        : path_(path), file_(opened(path)), decoder_(encoding), reader_([this] { return next_text(); }, dialect) {}

    [[nodiscard]] const Record *next(std::size_t width) override { return reader_.next(width); }
    [[nodiscard]] std::uint64_t position() const noexcept override { return position_; }

private:
    // PermanentError where the file cannot be read further.
    [[nodiscard]] std::string_view next_text() {
        while (true) {
            const std::string_view bytes = read_block(file_, block_);
            if (file_.bad()) {
                throw PermanentError(fmt::format("cannot read file \"{}\" further than byte {}", path_, position_));
            }
            position_ += bytes.size();
            const std::string_view text = decoder_.decode(bytes, bytes.empty());
            if (!text.empty() || bytes.empty()) {
                return text;
            }
        }
    }

    std::string path_;
    std::ifstream file_;
    TextDecoder decoder_;
    std::string block_;
    std::uint64_t position_ = 0;
    RecordReader reader_;
};

}  // namespace

TextFile::TextFile(std::string path, std::optional<Encoding> said) : ListFile(std::move(path)) {
    std::ifstream file = opened(this->path());
    EncodingSurvey survey;
    std::string block;
    std::string beginning;
    while (!read_block(file, block).empty()) {
        survey.look(block);
        size_ += block.size();
        if (beginning.size() < kBeginning) {
            beginning += block;
        }
    }
    if (file.bad()) {
        throw ConfigError(fmt::format("cannot read file \"{}\" to its end", this->path()));
    }
    if (const std::string_view kind = other_kind_of_file(beginning); !kind.empty()) {
        throw ConfigError(fmt::format("\"{}\" is {}, not a list of rows as text", this->path(), kind),
                          {"", "", "Save it as \"CSV UTF-8\" or as an Excel workbook (.xlsx), and import that file."});
    }
    encoding_ = said ? *said : survey.verdict();
    beginning_ = TextDecoder(encoding_).decode(beginning, beginning.size() == size_);
    if (trimmed_blanks(beginning_).empty()) {
        throw ConfigError(fmt::format("file \"{}\" is empty", this->path()));
    }
}

Layout TextFile::layout(const SaidLayout &said) const {
    return with_head(recognise_layout(beginning_, size_ <= kBeginning, said), said);
}

std::unique_ptr<ListRecords> TextFile::records(const Layout &layout) const {
    return std::make_unique<TextRecords>(path(), encoding_, layout.dialect);
}

nlohmann::json TextFile::written(const Layout &layout) const {
    return {{"bytes", size_},
            {"encoding", to_string(encoding_)},
            {"delimiter", word_for(layout.dialect.delimiter)},
            {"quote", word_for(layout.dialect.quote)}};
}

}  // namespace poller::imports
