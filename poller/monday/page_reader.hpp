// Reading a whole board, page by page, with one or two pages in memory.
#pragma once

#include <functional>

#include "poller/asio.hpp"
#include "poller/monday/client.hpp"
#include "poller/monday/item_page.hpp"
#include "poller/monday/sync_run.hpp"

namespace poller::monday {

struct PageRequest {
    const Document &first;
    const Document &next;
    nlohmann::json variables;   // of both, without limit and cursor
    nlohmann::json first_only;  // of the first alone
    int page_size = 500;        // that the board is known to manage
};

struct PagePlace {
    bool is_first = false;
    bool is_last = false;
};

// Takes a page; false where no more are wanted.
using TakePage = std::function<awaitable<bool>(ItemPage &, PagePlace)>;

// Pages of the size that the board manages, at most 500: one that is too large for monday.com is asked for again with
// half of the items, which is remembered for the board. The next one is read while the last is taken, unless a flow
// usually stops early. When the cursor expires, reading starts again at page 1 and items come twice. Errors that leave
// data are noted in the run. Throws Refused where the board cannot be read.
[[nodiscard]] awaitable<void> read_pages(Flow &flow, SyncRun &run, PageRequest request, TakePage take,
                                         bool reads_ahead);

}  // namespace poller::monday
