// The nightly comparison: webhooks are lost and feeds are cut off, so once a day every board is compared with what is
// stored.
#include "poller/monday/flows/each_board.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/scan.hpp"

namespace poller::monday::flows {

namespace {

// Never read to the end, or its columns or labels mean something else now, which no item says by its moment of change.
awaitable<bool> is_unread(db::Pool &database, const Board &board) {
    const db::Result row = co_await database.query("SELECT NOT isfinite(monday_sync_since($1))", db::params(board.id));
    co_return row[0][0].boolean();
}

}  // namespace

awaitable<void> reconcile(Flow &flow) {
    const std::vector<Board> boards = co_await active_boards(flow.database);
    const auto compare = [&](SyncRun &run, const Board &board) -> awaitable<void> {
        if (co_await is_unread(flow.database, board)) {
            co_await read_whole_board(flow, run, boards, board);
        } else {
            co_await compare_board(flow, run, boards, board);
        }
    };
    co_await for_each_checked_board(flow, "reconcile", boards, compare);
}

}  // namespace poller::monday::flows
