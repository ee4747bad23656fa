// pipeline-poller boards discover: a board file proposed for boards that nobody described.
#pragma once

#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/jobs/handler.hpp"

namespace poller::cli {

struct DiscoverOptions {
    std::vector<std::string> boards;
    std::string subitems;
    std::string hidden;
    bool interactive = false;
};

// Prints the file; what was found, why, and what was not goes to standard error. Returns the exit status.
[[nodiscard]] awaitable<int> discover(jobs::Services services, DiscoverOptions options);

}  // namespace poller::cli
