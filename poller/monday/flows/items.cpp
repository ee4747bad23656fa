#include "poller/monday/flows/items.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "poller/monday/item_page.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday::flows {

using nlohmann::json;

awaitable<ItemsRead> read_items(Flow &flow, SyncRun &run, ItemsRequest request, const std::vector<std::string> &ids) {
    ItemsRead result;
    result.readable = request.board_ids;
    for (std::size_t begin = 0; begin < ids.size(); begin += kMostIds) {
        const std::size_t end = std::min(begin + kMostIds, ids.size());
        const std::vector<std::string> asked(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                             ids.begin() + static_cast<std::ptrdiff_t>(end));
        // Without a limit of its own the API answers with 25 of them, and no error.
        json variables = json::object();
        variables["ids"] = asked;
        variables["limit"] = asked.size();
        variables["columns"] = request.columns;
        variables["boards"] = request.board_ids;
        variables["board_limit"] = request.board_ids.size();
        Response response = co_await flow.client.read(request.document, std::move(variables));
        const std::set<std::string> shown = boards_of(response.data);
        const auto read = items_of(std::move(response.data));
        run.note(response);
        std::erase_if(result.readable, [&](const std::string &board) { return !shown.contains(board); });
        if (!read || read->has_nulls) {
            if (response.errors.empty()) run.fail("monday.com gave no whole list of items");
        }
        if (!read) continue;
        run.add_items(read->items.size());
        if (response.errors.empty() && !read->has_nulls) {
            const auto came = ids_of(read->items);
            const std::set<std::string> known(came.begin(), came.end());
            std::ranges::copy_if(asked, std::back_inserter(result.missing),
                                 [&](const std::string &id) { return !known.contains(id); });
        }
        result.items.insert(result.items.end(), read->items.begin(), read->items.end());
    }
    co_return result;
}

awaitable<void> note_lost_access(Flow &flow, SyncRun &run, const std::vector<std::string> &missing,
                                 const std::vector<std::string> &readable) {
    if (missing.empty()) co_return;
    const db::Result lost = co_await flow.database.query(
        "SELECT b.board_id, b.name, count(*) FROM ("
        "    SELECT board_id, monday_id, state FROM projects UNION ALL SELECT board_id, monday_id, state FROM subitems"
        "    UNION ALL SELECT board_id, monday_id, state FROM hidden_items) s "
        "JOIN monday_board b ON b.board_id = s.board_id "
        "WHERE s.monday_id = ANY ($1) AND s.state <> 'deleted' AND s.board_id <> ALL ($2) GROUP BY 1, 2 ORDER BY 1",
        db::params(missing, readable));
    for (const db::Row row : lost) {
        run.fail(
            fmt::format("board {} ({}) does not exist, is archived, or the token may not read it; {} of its items "
                        "did not come and are kept as they were",
                        row[0].text(), row[1].text(), row[2].text()));
    }
}

awaitable<void> in_transaction(db::Pool &database, std::function<awaitable<void>(db::Connection &)> work) {
    // A connection that is given back within a transaction is closed, and the transaction with it.
    const db::Pool::Lease connection = co_await database.acquire();
    co_await connection->execute("BEGIN");
    co_await work(*connection);
    co_await connection->execute("COMMIT");
}

awaitable<void> ingest(db::Connection &database, const SyncRun &run, std::string_view board_id, const json &items) {
    if (items.empty()) co_return;
    co_await database.query("SELECT ingest_monday_items($1, $2::jsonb, $3)",
                            db::params(board_id, to_text(items), run.id()));
}

awaitable<void> soft_delete(db::Connection &database, const SyncRun &run, std::string_view board_id,
                            const std::vector<std::string> &ids) {
    if (ids.empty()) co_return;
    co_await database.query("SELECT soft_delete_monday_items($1, $2, $3)", db::params(board_id, ids, run.id()));
}

awaitable<void> reread(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board,
                       const std::vector<std::string> &ids) {
    // A moved item may lie on a board of another role by now; columns that its board does not have cost nothing.
    std::vector<std::string> columns = board.columns;
    for (const Board &other : boards) {
        if (other.id != board.id) columns.insert(columns.end(), other.columns.begin(), other.columns.end());
    }
    std::ranges::sort(columns);
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());

    ItemsRequest request{documents::items_by_id, std::move(columns), {board.id}};
    ItemsRead read = co_await read_items(flow, run, std::move(request), ids);
    co_await note_lost_access(flow, run, read.missing, read.readable);
    std::vector<std::string> gone;
    if (!read.readable.empty()) gone = read.missing;
    std::map<std::string, json> by_board;
    for (json &item : read.items) {
        const std::string now_on = board_of(item);
        if (now_on.empty()) {
            run.fail("monday.com does not say on which board item " + id_of(member(item, "id")) + " is");
            continue;
        }
        // Gone from this board as far as the pipeline is concerned.
        if (now_on != board.id) gone.push_back(id_of(member(item, "id")));
        json &place = by_board[now_on];
        if (place.is_null()) place = json::array();
        place.push_back(std::move(item));
    }
    const auto store = [&](db::Connection &connection) -> awaitable<void> {
        co_await soft_delete(connection, run, board.id, gone);
        // In the order of the boards, whatever order the items came in.
        for (const Board &each : boards) {
            const auto items = by_board.find(each.id);
            if (items != by_board.end()) co_await ingest(connection, run, each.id, items->second);
        }
    };
    co_await in_transaction(flow.database, store);
}

}  // namespace poller::monday::flows
