// Writing the numbers and the comment of projects to their items: only what differs, many items with one call, and
// never a second comment.
#pragma once

#include <chrono>
#include <exception>
#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/errors.hpp"
#include "poller/monday/client.hpp"

namespace poller::monday {

// Thousands of items may wait to be written; what somebody just changed on a board is read nevertheless.
inline constexpr double kLeftToReads = 0.25;

// Of one call. Each mutation costs complexity, and the smallest plan has a million a minute.
inline constexpr std::size_t kItemsOfALook = 50;
inline constexpr std::size_t kMutationsOfAWrite = 20;

struct PushOrder {
    std::string project_id;
    bool with_comment = true;
    // An earlier try may have got further than is known: the item is read before it is written.
    bool is_repeat = false;
};

struct PushResult {
    std::string project_id;
    std::string done;            // for a person to read
    std::exception_ptr failure;  // null where it went well
};

// The project has nothing to push any more, or not yet: it is archived, lies on no board, or is not analysed.
class NothingToPush : public PermanentError {
public:
    using PermanentError::PermanentError;
};

enum class PushMode { kWrite, kDryRun };

// One result for each order. What to write is the database's to say (monday_push_plans); what was written, and what
// failed, is recorded there for each project as soon as it is known. Failures are those of Client::write_all(),
// PermanentError where an item is gone, NothingToPush, and WaitError where a write before this one may not show yet or
// another poller writes to the board. Term: how long a poller that gives no sign of life keeps others from its board.
[[nodiscard]] awaitable<std::vector<PushResult>> push_projects(db::Pool &database, Client &client,
                                                               std::vector<PushOrder> orders, PushMode mode,
                                                               std::chrono::milliseconds term);

}  // namespace poller::monday
