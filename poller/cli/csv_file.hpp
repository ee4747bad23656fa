// A CSV file (RFC 4180) on its way into the database: the names in its head line, then the bytes as they are.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace poller::cli {

// The fields of one line: quotes around a field are taken off, doubled ones within it become one. A byte order mark
// before the first is dropped, blanks around a name too.
[[nodiscard]] std::vector<std::string> csv_head(std::string_view line);

class CsvFile {
public:
    // ConfigError if the file cannot be read, is empty, or its head line names a column twice or not at all.
    explicit CsvFile(const std::string &path);

    [[nodiscard]] const std::vector<std::string> &columns() const noexcept { return columns_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

    // The next piece after the head line; empty at the end. Valid until the next call.
    [[nodiscard]] std::string_view next_chunk();

private:
    std::ifstream file_;
    std::uint64_t size_ = 0;
    std::uint64_t position_ = 0;
    std::vector<std::string> columns_;
    std::string chunk_;
};

}  // namespace poller::cli
