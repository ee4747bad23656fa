// Names in the text of a statement.
#pragma once

#include <string>
#include <string_view>

namespace poller::db {

// In double quotes, whatever it holds.
[[nodiscard]] std::string identifier(std::string_view name);

}  // namespace poller::db
