#include "poller/monday/flows/scan.hpp"

#include <functional>
#include <string>

#include "poller/monday/flows/items.hpp"
#include "poller/monday/page_reader.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday::flows {

using nlohmann::json;

namespace {

awaitable<void> record_scan(db::Connection &database, const SyncRun &run, std::string_view board_id,
                            const json &items) {
    json index = json::array();
    for (const json &item : items) {
        if (item.is_null()) continue;  // the run knows that something is missing
        index.push_back({{"id", member(item, "id")}, {"updated_at", member(item, "updated_at")}});
    }
    co_await database.query("SELECT record_monday_scan($1, $2, $3::jsonb)",
                            db::params(run.id(), board_id, to_text(index)));
}

awaitable<void> complete_scan(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board) {
    if (!run.error().empty()) co_return;
    const db::Result rows = co_await flow.database.query("SELECT item_id FROM complete_monday_scan($1, $2)",
                                                         db::params(run.id(), board.id));
    std::vector<std::string> ids;
    for (const db::Row row : rows) {
        ids.emplace_back(row[0].text());
        if (ids.size() < kMostIds) continue;
        co_await reread(flow, run, boards, board, ids);
        ids.clear();
    }
    if (!ids.empty()) co_await reread(flow, run, boards, board, ids);
}

// What else to do with a page, in the transaction that records it.
using StorePage = std::function<awaitable<void>(db::Connection &, const ItemPage &, PagePlace)>;

// Records page by page which items there are; after the last page reads by their ids the items that differ from what is
// stored. A scan in which an error passed by ends there, since what is missing from it proves nothing.
awaitable<void> scan_board(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board,
                           PageRequest request, StorePage store = {}) {
    const auto take = [&](ItemPage &page, PagePlace place) -> awaitable<bool> {
        run.add_items(page.items.size(), page.board_size);
        const auto store_and_record = [&](db::Connection &connection) -> awaitable<void> {
            if (store) co_await store(connection, page, place);
            co_await record_scan(connection, run, board.id, page.items);
        };
        co_await in_transaction(flow.database, store_and_record);
        co_return true;
    };
    co_await read_pages(flow, run, std::move(request), take, true);
    co_await complete_scan(flow, run, boards, board);
}

}  // namespace

awaitable<void> read_whole_board(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board) {
    const db::Result moment = co_await flow.database.query("SELECT now()");
    const std::string began{moment[0][0].text()};
    PageRequest request{documents::board_page, documents::next_board_page, json::object(), json::object(),
                        board.page_size};
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

awaitable<void> compare_board(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board) {
    PageRequest request{documents::board_index, documents::next_board_index, json::object(), json::object(),
                        board.page_size};
    request.variables["board"] = board.id;
    co_await scan_board(flow, run, boards, board, std::move(request));
}

}  // namespace poller::monday::flows
