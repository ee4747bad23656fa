// How a command works with the database: one connection of its own, for as long as the command runs.
#pragma once

#include <functional>

#include "poller/asio.hpp"
#include "poller/cli/command_line.hpp"
#include "poller/db/connection.hpp"

namespace poller::cli {

// Runs the work to its end and returns what it returns. Statements have no time limit: a person watches, and Ctrl-C
// ends the program and with it the statement. Throws what the connection or the work throws.
[[nodiscard]] int with_database(const Context &context, std::function<awaitable<int>(db::Connection &)> work);

}  // namespace poller::cli
