// Every item of every board, streamed page by page; what was stored and did not come is looked at by its id.
#include "poller/monday/flows/board_check.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/items.hpp"
#include "poller/monday/flows/scan.hpp"
#include "poller/monday/page_reader.hpp"

namespace poller::monday::flows {

using nlohmann::json;

namespace {

awaitable<void> read_board(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board) {
    const db::Result moment = co_await flow.database.query("SELECT now()");
    const std::string began{moment[0][0].text()};
    PageRequest request{documents::board_page, documents::next_board_page, json::object(), json::object()};
    request.variables["board"] = board.id;
    request.variables["columns"] = board.columns;
    const auto take = [&](ItemPage &page, PagePlace place) -> awaitable<bool> {
        run.add_items(page.items.size(), page.board_size);
        const auto store = [&](db::Connection &connection) -> awaitable<void> {
            co_await ingest(connection, run, board.id, page.items);
            co_await record_scan(connection, run, board.id, page.items);
            if (place.is_last && run.error().empty()) {
                co_await connection.query("SELECT advance_high_water_mark($1, $2)", db::params(board.id, began));
            }
        };
        co_await in_transaction(flow.database, store);
        co_return true;
    };
    co_await read_pages(flow, run, std::move(request), take, true);
    co_await complete_scan(flow, run, boards, board);
}

}  // namespace

awaitable<void> read_everything(Flow &flow) {
    const std::vector<Board> boards = co_await active_boards(flow.database);
    auto problems = co_await check_boards(flow.database, flow.client, boards);
    const auto read = [&](const Board &board) -> awaitable<void> {
        const auto work = [&](SyncRun &run) -> awaitable<void> {
            co_await read_board(flow, run, boards, board);
            run.fail(problems[board.id]);
        };
        RunTarget target{"rehydrate_full", board.id, board.name};
        co_await in_run(flow, std::move(target), work);
    };
    co_await for_each_board(boards, read);
}

}  // namespace poller::monday::flows
