// Rows in the text format of COPY FROM STDIN, in which any text is safe.
#pragma once

#include <string>
#include <string_view>

namespace poller::imports {

// A value and what separates it from the next; blank is NULL. The text holds no NUL.
void append_copy_value(std::string &rows, std::string_view value);
void end_copy_row(std::string &rows);

}  // namespace poller::imports
