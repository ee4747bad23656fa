// The nightly comparison: webhooks are lost and feeds are cut off, so once a day every board is compared with what is
// stored.
#include "poller/monday/flows/board_check.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/items.hpp"
#include "poller/monday/flows/scan.hpp"
#include "poller/monday/page_reader.hpp"

namespace poller::monday::flows {

using nlohmann::json;

namespace {

awaitable<void> compare_board(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board) {
    PageRequest request{documents::board_index, documents::next_board_index, json::object(), json::object()};
    request.variables["board"] = board.id;
    const auto take = [&](ItemPage &page, PagePlace) -> awaitable<bool> {
        run.add_items(page.items.size(), page.board_size);
        const auto store = [&](db::Connection &connection) -> awaitable<void> {
            co_await record_scan(connection, run, board.id, page.items);
        };
        co_await in_transaction(flow.database, store);
        co_return true;
    };
    co_await read_pages(flow, run, std::move(request), take, true);
    co_await complete_scan(flow, run, boards, board);
}

}  // namespace

awaitable<void> reconcile(Flow &flow) {
    const std::vector<Board> boards = co_await active_boards(flow.database);
    auto problems = co_await check_boards(flow.database, flow.client, boards);
    const auto compare = [&](const Board &board) -> awaitable<void> {
        const auto work = [&](SyncRun &run) -> awaitable<void> {
            co_await compare_board(flow, run, boards, board);
            run.fail(problems[board.id]);
        };
        RunTarget target{"reconcile", board.id, board.name};
        co_await in_run(flow, std::move(target), work);
    };
    co_await for_each_board(boards, compare);
}

}  // namespace poller::monday::flows
