// Every item of every board, streamed page by page; what was stored and did not come is looked at by its id.
#include "poller/monday/flows/each_board.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/scan.hpp"

namespace poller::monday::flows {

awaitable<void> read_everything(Flow &flow) {
    const std::vector<Board> boards = co_await active_boards(flow.database);
    const auto read = [&](SyncRun &run, const Board &board) { return read_whole_board(flow, run, boards, board); };
    co_await for_each_checked_board(flow, "rehydrate_full", boards, read);
}

}  // namespace poller::monday::flows
