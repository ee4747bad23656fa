// What a push of all that is due would write, whom it tells, and what it takes of the day's calls.
#pragma once

#include "poller/asio.hpp"
#include "poller/jobs/handler.hpp"

namespace poller::cli {

struct PreviewOptions {
    int limit = 0;  // projects
    bool json = false;
};

// Reads who subscribes to the items, a hundred of them a call. Returns the exit status.
[[nodiscard]] awaitable<int> preview_push(jobs::Services services, PreviewOptions options);

}  // namespace poller::cli
