// Every item of every board, streamed page by page; what was stored and did not come is looked at by its id.
#include "poller/monday/flows/each_board.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/items.hpp"
#include "poller/monday/flows/scan.hpp"

namespace poller::monday::flows {

using nlohmann::json;

namespace {

awaitable<void> read_board(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board) {
    const db::Result moment = co_await flow.database.query("SELECT now()");
    const std::string began{moment[0][0].text()};
    PageRequest request{documents::board_page, documents::next_board_page, json::object(), json::object()};
    request.variables["board"] = board.id;
    request.variables["columns"] = board.columns;
    const auto store = [&](db::Connection &connection, const ItemPage &page, PagePlace place) -> awaitable<void> {
        co_await ingest(connection, run, board.id, page.items);
        if (place.is_last && run.error().empty()) {
            co_await connection.query("SELECT advance_high_water_mark($1, $2)", db::params(board.id, began));
        }
    };
    co_await scan_board(flow, run, boards, board, std::move(request), store);
}

}  // namespace

awaitable<void> read_everything(Flow &flow) {
    const std::vector<Board> boards = co_await active_boards(flow.database);
    const auto read = [&](SyncRun &run, const Board &board) { return read_board(flow, run, boards, board); };
    co_await for_each_checked_board(flow, "rehydrate_full", boards, read);
}

}  // namespace poller::monday::flows
