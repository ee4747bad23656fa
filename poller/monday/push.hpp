// Writing the numbers and the comment of a project to its item: only what differs, and never a second comment.
#pragma once

#include <string>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/monday/client.hpp"

namespace poller::monday {

struct PushOptions {
    bool dry_run = false;
    bool with_comment = true;
    // An earlier try may have got further than is known: the item is read before it is written.
    bool is_repeat = false;
};

// Returns what was done, for a person to read. What to write is the database's to say (monday_push_plan), and what was
// written is recorded there part by part, before the next part begins. Throws like Client::write(), PermanentError
// where the item is gone, and what the database throws for a project that has nothing to push.
[[nodiscard]] awaitable<std::string> push_project(db::Pool &database, Client &client, std::string project_id,
                                                  PushOptions options);

}  // namespace poller::monday
