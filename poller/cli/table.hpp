// The rows of a result, for people and for programs.
#pragma once

#include <string>

#include "poller/db/result.hpp"

namespace poller::cli {

// A heading and a line a row; columns as wide as their widest cell, numbers to the right. Empty where there is no row.
[[nodiscard]] std::string text_table(const db::Result &result);

// [{"column": value, …}, …]; numbers, switches and JSON as such, all else as text.
[[nodiscard]] std::string json_rows(const db::Result &result);

// A head line and a line a row (RFC 4180, lines end with \n); NULL is empty, values are as the server writes them.
[[nodiscard]] std::string csv_rows(const db::Result &result);

}  // namespace poller::cli
