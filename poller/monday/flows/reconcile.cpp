// The nightly comparison: webhooks are lost and feeds are cut off, so once a day every board is compared with what is
// stored, and with what was written to it.
#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "poller/monday/flows/each_board.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/items.hpp"
#include "poller/monday/flows/scan.hpp"
#include "poller/monday/page_reader.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday::flows {

using nlohmann::json;

namespace {

// Never read to the end, or its columns or labels mean something else now, which no item says by its moment of change.
awaitable<bool> is_unread(db::Pool &database, const Board &board) {
    const db::Result row = co_await database.query("SELECT NOT isfinite(monday_sync_since($1))", db::params(board.id));
    co_return row[0][0].boolean();
}

// Somebody may have edited or cleared what was written: a page of items a call.
awaitable<void> compare_columns(Flow &flow, SyncRun &run, const Board &board) {
    const db::Result columns = co_await flow.database.query(
        "SELECT column_id FROM monday_column WHERE board_id = $1 AND writable AND EXISTS ("
        "    SELECT FROM push_state s JOIN projects p ON p.monday_id = s.project_id"
        "    WHERE p.board_id = $1 AND s.columns_shown IS NOT NULL) ORDER BY 1",
        db::params(board.id));
    if (columns.empty()) co_return;
    PageRequest request{documents::board_page, documents::next_board_page, json::object(), json::object(),
                        board.page_size};
    request.variables["board"] = board.id;
    request.variables["columns"] = json::array();
    for (const db::Row row : columns) request.variables["columns"].push_back(row[0].text());
    const auto take = [&](ItemPage &page, PagePlace) -> awaitable<bool> {
        co_await flow.database.query("SELECT compare_written_columns($1, $2::jsonb)",
                                     db::params(board.id, to_text(page.items)));
        co_return true;
    };
    co_await read_pages(flow, run, std::move(request), take, true);
}

// Or deleted the comment: a hundred of them a call. One that the token does not see is looked for on its item before
// another one is made.
awaitable<void> compare_comments(Flow &flow, const Board &board) {
    const db::Result rows = co_await flow.database.query("SELECT written_comments($1)", db::params(board.id));
    std::vector<std::string> written;
    for (const db::Row row : rows) written.emplace_back(row[0].text());
    for (std::size_t begin = 0; begin < written.size(); begin += kMostIds) {
        const auto first = written.begin() + static_cast<std::ptrdiff_t>(begin);
        const std::size_t size = std::min(kMostIds, written.size() - begin);
        std::vector<std::string> asked(first, std::next(first, static_cast<std::ptrdiff_t>(size)));
        json variables = json::object();
        variables["ids"] = asked;
        variables["limit"] = asked.size();
        const json data = co_await flow.client.read_whole(documents::updates_by_id, std::move(variables));
        const json &updates = member(data, "updates");
        if (!updates.is_array()) co_return;
        const auto came = ids_of(updates);
        const std::set<std::string> there(came.begin(), came.end());
        std::erase_if(asked, [&](const std::string &id) { return there.contains(id); });
        if (!asked.empty()) co_await flow.database.query("SELECT forget_comments($1)", db::params(asked));
    }
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
        if (board.role != "parent") co_return;
        co_await compare_columns(flow, run, board);
        co_await compare_comments(flow, board);
    };
    co_await for_each_checked_board(flow, "reconcile", boards, compare);
}

}  // namespace poller::monday::flows
