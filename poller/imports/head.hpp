// The head of a file: which of its lines names the columns, and a name for each that a table can have.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poller::imports {

// The cells of a line, as they stand.
using Cells = std::vector<std::string>;

// A line end or several blanks within a name are one blank; none at its ends.
[[nodiscard]] std::string plain_name(std::string_view name);

// Which of the first lines names the columns: the one that has most of the wanted names, if it has any; else the first
// that is about as full as the fullest and holds words rather than values. None where there is no such line.
[[nodiscard]] std::optional<std::size_t> find_head(const std::vector<Cells> &lines,
                                                   const std::vector<std::string> &wanted);

struct Column {
    std::string name;    // as in the head; one without a name is "column 7", the second of a name "Name (2)"
    std::string staged;  // the name in the database, of at most 63 bytes and used once
    bool is_named = true;
};

[[nodiscard]] std::vector<Column> columns_of(const Cells &head);

}  // namespace poller::imports
