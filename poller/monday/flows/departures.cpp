// Items that left a board: a list of what changed does not hold them, the change feed does.
#include <algorithm>
#include <array>
#include <set>

#include "poller/monday/change_feed.hpp"
#include "poller/monday/flows/each_board.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/items.hpp"
#include "poller/monday/item_page.hpp"

namespace poller::monday::flows {

using nlohmann::json;

namespace {

// Parts of the names of events, single or in batches.
constexpr std::array<std::string_view, 4> kDepartures{"delete", "archive", "restore", "move"};

bool is_departure(const Activity &entry) {
    return std::ranges::any_of(kDepartures,
                               [&](std::string_view part) { return entry.event.find(part) != std::string::npos; });
}

awaitable<std::vector<std::string>> departed_items(Flow &flow, SyncRun &run, const Board &board, int days_back) {
    const db::Result row = co_await flow.database.query("SELECT extract(epoch FROM now())::bigint");
    constexpr std::int64_t hour = 3'600;
    FeedWindow window;
    window.now = row[0][0].integer();
    window.from = window.now - std::int64_t{days_back} * 24 * hour;
    window.to = window.now + hour;
    std::set<std::string> ids;
    const auto take = [&ids](const json &entries) -> awaitable<bool> {
        for (const Activity &entry : activities_of(entries)) {
            if (is_departure(entry)) ids.insert(entry.item_ids.begin(), entry.item_ids.end());
        }
        co_return true;
    };
    co_await read_change_feed(flow, run, board.id, window, take);
    co_return std::vector<std::string>(ids.begin(), ids.end());
}

}  // namespace

awaitable<void> read_departures(Flow &flow, std::string sync_type, int days_back) {
    const std::vector<Board> boards = co_await active_boards(flow.database);
    const auto read = [&](SyncRun &run, const Board &board) -> awaitable<void> {
        const auto ids = co_await departed_items(flow, run, board, days_back);
        if (ids.empty()) co_return;
        if (board.role == "parent") {
            // Subitems go and come back with their parent, and no feed says so.
            co_await read_project_sets(flow, run, boards, ids);
        } else {
            co_await reread(flow, run, boards, board, ids);
        }
    };
    co_await for_each_board(flow, std::move(sync_type), boards, read);
}

}  // namespace poller::monday::flows
