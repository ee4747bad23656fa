#include "poller/imports/list_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "poller/errors.hpp"
#include "poller/imports/text_file.hpp"
#include "poller/imports/workbook/workbook_file.hpp"

namespace poller::imports {
namespace {

constexpr std::string_view kArchiveMark = "PK\x03\x04";

// ConfigError if there is none.
[[nodiscard]] std::string first_bytes(const std::string &path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        throw ConfigError(fmt::format("\"{}\" is a folder", path));
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw ConfigError(fmt::format("cannot read file \"{}\"", path));
    }
    std::string bytes(kArchiveMark.size(), '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

}  // namespace

std::string ListFile::name() const { return std::filesystem::path(path_).filename().string(); }

Layout ListFile::with_head(Layout layout, const SaidLayout &said) const {
    if (layout.head_line == 0) {
        throw ConfigError(
            said.head_line ? fmt::format("line {} of file \"{}\" names no columns", *said.head_line, path_)
                           : fmt::format("no line at the beginning of file \"{}\" names its columns", path_),
            {"", "", "The first line of a list names its columns; --head-line N says which line that is."});
    }
    return layout;
}

std::unique_ptr<ListFile> open_list(const std::string &path, const SaidFile &said) {
    if (first_bytes(path) == kArchiveMark) {
        if (said.encoding) {
            throw ConfigError(fmt::format("\"{}\" is a workbook, which says its encoding itself", path));
        }
        return std::make_unique<WorkbookFile>(path, said.sheet);
    }
    if (!said.sheet.empty()) {
        throw ConfigError(fmt::format("\"{}\" is no workbook, and has no sheets", path));
    }
    return std::make_unique<TextFile>(path, said.encoding);
}

}  // namespace poller::imports
