// Items that left a board: a list of what changed does not hold them, the change feed does.
#include <algorithm>
#include <array>
#include <set>

#include "poller/monday/flows/each_board.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/items.hpp"
#include "poller/monday/item_page.hpp"

namespace poller::monday::flows {

using nlohmann::json;

namespace {

constexpr int kEntriesOfAPage = 500;
// The feed holds about 10,000 entries of a board.
constexpr int kMostPages = 25;
// Parts of the names of events, single or in batches.
constexpr std::array<std::string_view, 4> kDepartures{"delete", "archive", "restore", "move"};

bool is_departure(const Activity &entry) {
    return std::ranges::any_of(kDepartures,
                               [&](std::string_view part) { return entry.event.find(part) != std::string::npos; });
}

awaitable<std::vector<std::string>> departed_items(Flow &flow, SyncRun &run, const Board &board, int days_back) {
    const db::Result window = co_await flow.database.query(
        R"(SELECT to_char((now() - make_interval(days => $1)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                  to_char(now() AT TIME ZONE 'UTC' + interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))",
        db::params(days_back));
    std::set<std::string> ids;
    for (int page = 1; page <= kMostPages; ++page) {
        json variables = json::object();
        variables["board"] = board.id;
        variables["from"] = window[0][0].text();
        variables["to"] = window[0][1].text();
        variables["limit"] = kEntriesOfAPage;
        variables["page"] = page;
        const Response response = co_await flow.client.read(documents::board_activity, std::move(variables));
        run.note(response);
        const auto activities = activities_of(response.data);
        if (!activities) {
            run.fail("the change feed cannot be read");
            break;
        }
        for (const Activity &entry : activities->entries) {
            if (is_departure(entry)) ids.insert(entry.item_ids.begin(), entry.item_ids.end());
        }
        if (activities->size < kEntriesOfAPage) break;
    }
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
