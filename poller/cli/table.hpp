// The rows of a result, for people and for programs.
#pragma once

#include <string>

#include "poller/db/result.hpp"

namespace poller::cli {

// A heading and a line a row; columns as wide as their widest cell, numbers to the right. Empty where there is no row.
[[nodiscard]] std::string text_table(const db::Result &result);

// [{"column": value, …}, …]; numbers, switches and JSON as such, all else as text.
[[nodiscard]] std::string json_rows(const db::Result &result);

}  // namespace poller::cli
