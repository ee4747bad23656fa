// The change feed (activity log) of a board, newest entries first, in the form that the version of the API has: by
// page, or from 2027-01 on by cursor and at most 90 days back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "poller/asio.hpp"
#include "poller/monday/sync_run.hpp"

namespace poller::monday {

// In seconds since 1970, by the clock of the database.
struct FeedWindow {
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::int64_t now = 0;
};

// False: no more is wanted.
using TakeEntries = std::function<awaitable<bool>(const nlohmann::json &entries)>;

// Throws TransientError where the board or its feed is missing from an answer, and CursorExpired.
[[nodiscard]] awaitable<void> read_change_feed(Flow &flow, SyncRun &run, std::string board, FeedWindow window,
                                               TakeEntries take);

}  // namespace poller::monday
