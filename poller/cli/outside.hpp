// How a command works that calls other servers: with what handlers of jobs work with, for as long as the command runs.
#pragma once

#include <functional>

#include "poller/asio.hpp"
#include "poller/cli/command_line.hpp"
#include "poller/jobs/handler.hpp"

namespace poller::cli {

// Runs the work to its end and returns what it returns. Throws what the work throws.
[[nodiscard]] int with_services(const Context &context, const std::function<awaitable<int>(jobs::Services)> &work);

}  // namespace poller::cli
