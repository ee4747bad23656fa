// What changed since it was last read: the newest changes of a board first, until they are old.
#include "poller/monday/flows/each_board.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/items.hpp"
#include "poller/monday/page_reader.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday::flows {

using nlohmann::json;

namespace {

const json kNewestFirst = json::parse(R"({"order_by": [{"column_id": "__last_updated__", "direction": "desc"}]})");

// Moments as monday.com writes them, which sort as texts.
struct Window {
    std::string since;  // empty: from the beginning
    std::string began;
};

awaitable<Window> window_of(db::Pool &database, const Board &board, int days_back) {
    const db::Result row = co_await database.query(
        R"(SELECT CASE WHEN isfinite(s) THEN to_char(s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') ELSE '' END, now()
           FROM monday_sync_since($1, $2) AS s)",
        db::params(board.id, days_back));
    co_return Window{std::string{row[0][0].text()}, std::string{row[0][1].text()}};
}

// Keeps the items that changed in the window. Sorting by change is not documented: old items say that the rest is old
// only as long as the order holds.
class NewestFirst {
public:
    explicit NewestFirst(std::string since) : since_(std::move(since)) {}

    // True while there may be more.
    bool keep_new(json &items) {
        json kept = json::array();
        for (json &item : items) {
            if (item.is_null()) continue;
            const std::string changed = text_of(member(item, "updated_at")).value_or("");
            if (changed.empty() || (!last_.empty() && changed > last_)) is_sorted_ = false;
            last_ = changed;
            if (changed.empty() || changed >= since_) {
                kept.push_back(std::move(item));
            } else {
                saw_old_ = true;
            }
        }
        items = std::move(kept);
        return !saw_old_ || !is_sorted_;
    }

private:
    std::string since_;
    std::string last_;
    bool is_sorted_ = true;
    bool saw_old_ = false;
};

awaitable<void> read_board(Flow &flow, SyncRun &run, const Board &board, int days_back) {
    const Window window = co_await window_of(flow.database, board, days_back);
    PageRequest request{documents::board_page, documents::next_board_page, json::object(), json::object(),
                        board.page_size};
    request.variables["board"] = board.id;
    request.variables["columns"] = board.columns;
    request.first_only["filter"] = kNewestFirst;
    std::optional<NewestFirst> order;
    const auto take = [&](ItemPage &page, PagePlace place) -> awaitable<bool> {
        if (place.is_first) order.emplace(window.since);
        const bool goes_on = order->keep_new(page.items);
        run.add_items(page.items.size());
        const bool is_end = place.is_last || !goes_on;
        const auto store = [&](db::Connection &connection) -> awaitable<void> {
            co_await ingest(connection, run, board.id, page.items);
            // With the last rows, or not at all.
            if (is_end && run.error().empty()) {
                co_await connection.query("SELECT advance_high_water_mark($1, $2)", db::params(board.id, window.began));
            }
        };
        co_await in_transaction(flow.database, store);
        co_return goes_on;
    };
    // The first page is usually the last that is needed, unless the whole board is read.
    co_await read_pages(flow, run, std::move(request), take, window.since.empty());
}

}  // namespace

awaitable<void> read_changes(Flow &flow, std::string sync_type, int days_back) {
    const std::vector<Board> boards = co_await active_boards(flow.database);
    const auto read = [&](SyncRun &run, const Board &board) { return read_board(flow, run, board, days_back); };
    co_await for_each_checked_board(flow, std::move(sync_type), boards, read);
}

}  // namespace poller::monday::flows
