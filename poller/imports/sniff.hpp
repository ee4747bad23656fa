// How a file is written, from its beginning: what separates and quotes its fields, and where its head is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "poller/imports/head.hpp"
#include "poller/imports/records.hpp"

namespace poller::imports {

// What a person says; the rest is recognised.
struct SaidLayout {
    std::optional<char> delimiter = std::nullopt;
    std::optional<char> quote = std::nullopt;               // '\0': none
    std::optional<std::uint64_t> head_line = std::nullopt;  // of the file
    std::optional<bool> fills_short_rows = std::nullopt;
    std::vector<std::string> wanted = {};  // names of columns that the mapping has
};

struct Layout {
    Dialect dialect;
    std::uint64_t head_line = 0;  // of the file, from 1; 0: no line names columns
    Cells head;
    // Of the lines before the head, and of the first ones behind it: what a preset is recognised by.
    std::vector<Cells> first_lines;
    std::vector<std::uint64_t> first_line_numbers;
    // Whoever wrote the file leaves out blank fields at the end of a row: short rows are meant.
    bool fills_short_rows = false;
};

// The first records of a list that are not blank, and their lines.
struct Sample {
    std::vector<Cells> records;
    std::vector<std::uint64_t> lines;
};

// Of a list whose text ends within its last record where it is not all of it.
[[nodiscard]] Sample read_sample(RecordSource &source, bool is_all);

// Where the head of a list is that begins so.
[[nodiscard]] Layout recognise_head(const Sample &sample, Dialect dialect, const SaidLayout &said);

// `beginning` is UTF-8; `is_all` says that the file ends with it.
[[nodiscard]] Layout recognise_layout(std::string_view beginning, bool is_all, const SaidLayout &said);

// What a file is that holds no list, for a person to read: "an old Excel workbook". Empty for any other.
[[nodiscard]] std::string_view other_kind_of_file(std::string_view first_bytes);

}  // namespace poller::imports
