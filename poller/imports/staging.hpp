// The rows of a file in a temporary table of the session: columns of text, the line of the file, and for a row that
// cannot be read the reason.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/db/connection.hpp"
#include "poller/imports/head.hpp"
#include "poller/imports/list_file.hpp"
#include "poller/imports/rows.hpp"

namespace poller::imports {

// Beside the columns of the file, whose names never end with a blank.
inline constexpr const char *kLineColumn = "line of the file ";
inline constexpr const char *kReasonColumn = "why it is refused ";
inline constexpr const char *kTextColumn = "text of the row ";

struct LeftOut {
    std::uint64_t rows = 0;
    std::uint64_t first_line = 0;
    std::string example;
};

// Rows whose values hold characters in place of bytes that are no text: two names, or two ids, may have become one.
struct DamagedRows {
    std::uint64_t rows = 0;
    std::uint64_t first_line = 0;
    std::string example;  // the value
};

struct StagedRows {
    std::uint64_t taken = 0;
    std::uint64_t refused = 0;
    std::uint64_t first_refused_line = 0;
    std::string first_reason;
    std::uint64_t blank_lines = 0;
    std::map<RowKind, LeftOut> left_out;
    DamagedRows damaged;
};

struct StagingTable {
    std::string name;
    std::vector<Column> columns;
    // Which of them are filled: what nobody asks for stays NULL and can look as it likes.
    std::vector<std::size_t> filled;
};

// `show` is told how far the reading has come, of the length of the file.
[[nodiscard]] awaitable<StagedRows> stage(db::Connection &database, StagingTable table, const ListFile &file,
                                          const Layout &layout, ListShape shape,
                                          std::function<void(std::uint64_t)> show);

}  // namespace poller::imports
