#include "poller/imports/list_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "poller/errors.hpp"

namespace poller::imports {
namespace {

constexpr std::size_t kBlock = 256 * 1024;
// What the layout is recognised by.
constexpr std::size_t kBeginning = 1024 * 1024;

[[nodiscard]] std::ifstream opened(const std::string &path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        throw ConfigError(fmt::format("\"{}\" is a folder", path));
    }
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

}  // namespace

ListFile::ListFile(std::string path, std::optional<Encoding> said) : path_(std::move(path)) {
    std::ifstream file = opened(path_);
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
        throw ConfigError(fmt::format("cannot read file \"{}\" to its end", path_));
    }
    if (const std::string_view kind = other_kind_of_file(beginning); !kind.empty()) {
        throw ConfigError(fmt::format("\"{}\" is {}, not a list of rows as text", path_, kind),
                          {"", "", "Save it as \"CSV UTF-8\" (or as text with tabs) and import that file."});
    }
    encoding_ = said ? *said : survey.verdict();
    marked_ = survey.has_byte_order_mark();
    beginning_ = TextDecoder(encoding_).decode(beginning, beginning.size() == size_);
    if (trimmed_blanks(beginning_).empty()) {
        throw ConfigError(fmt::format("file \"{}\" is empty", path_));
    }
}

std::string ListFile::name() const { return std::filesystem::path(path_).filename().string(); }

Layout ListFile::layout(const SaidLayout &said) const {
    Layout layout = recognise_layout(beginning_, size_ <= kBeginning, said);
    if (layout.head_line == 0) {
        throw ConfigError(
            said.head_line ? fmt::format("line {} of file \"{}\" names no columns", *said.head_line, path_)
                           : fmt::format("no line at the beginning of file \"{}\" names its columns", path_),
            {"", "", "The first line of a list names its columns; --head-line N says which line that is."});
    }
    return layout;
}

ListText::ListText(const ListFile &file) : path_(file.path()), file_(opened(file.path())), decoder_(file.encoding()) {}

std::string_view ListText::next() {
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

}  // namespace poller::imports
