#include "poller/cli/csv_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "poller/errors.hpp"

namespace poller::cli {
namespace {

constexpr std::size_t kChunk = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[nodiscard]] std::string trimmed(const std::string &text) {
    const auto first = text.find_first_not_of(" \t\r");
    return first == std::string::npos ? std::string{} : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

std::vector<std::string> csv_head(std::string_view line) {
    if (line.starts_with(kByteOrderMark)) {
        line.remove_prefix(kByteOrderMark.size());
    }
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char character = line[at];
        if (quoted && character == '"' && at + 1 < line.size() && line[at + 1] == '"') {
            fields.back() += '"';
            ++at;
        } else if (character == '"') {
            quoted = !quoted;
        } else if (character == ',' && !quoted) {
            fields.emplace_back();
        } else {
            fields.back() += character;
        }
    }
    std::transform(fields.begin(), fields.end(), fields.begin(), trimmed);
    return fields;
}

CsvFile::CsvFile(const std::string &path) : file_(path, std::ios::binary) {
    std::error_code error;
    size_ = std::filesystem::file_size(path, error);
    std::string line;
    if (!file_ || error || !std::getline(file_, line)) {
        throw ConfigError(fmt::format("cannot read a head line from file \"{}\"", path));
    }
    position_ = line.size() + 1;
    columns_ = csv_head(line);
    std::set<std::string_view> seen;
    for (const std::string &column : columns_) {
        if (column.empty() || !seen.insert(column).second) {
            throw ConfigError(fmt::format(
                "the head line of file \"{}\" {}", path,
                column.empty() ? "leaves a column without a name" : fmt::format("names column \"{}\" twice", column)));
        }
    }
}

std::string_view CsvFile::next_chunk() {
    chunk_.resize(kChunk);
    file_.read(chunk_.data(), static_cast<std::streamsize>(kChunk));
    chunk_.resize(static_cast<std::size_t>(file_.gcount()));
    position_ += chunk_.size();
    return chunk_;
}

}  // namespace poller::cli
