// The nightly comparison: webhooks are lost and feeds are cut off, so once a day every board is compared with what is
// stored.
#include "poller/monday/flows/each_board.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/scan.hpp"

namespace poller::monday::flows {

using nlohmann::json;

awaitable<void> reconcile(Flow &flow) {
    const std::vector<Board> boards = co_await active_boards(flow.database);
    const auto compare = [&](SyncRun &run, const Board &board) -> awaitable<void> {
        PageRequest request{documents::board_index, documents::next_board_index, json::object(), json::object()};
        request.variables["board"] = board.id;
        co_await scan_board(flow, run, boards, board, std::move(request));
    };
    co_await for_each_checked_board(flow, "reconcile", boards, compare);
}

}  // namespace poller::monday::flows
