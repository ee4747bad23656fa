// The past that monday.com remembers: the activity logs of all boards, read as far as they reach, then walked backward
// in the database.
#include <algorithm>
#include <set>

#include "poller/errors.hpp"
#include "poller/log/log.hpp"
#include "poller/monday/change_feed.hpp"
#include "poller/monday/errors.hpp"
#include "poller/monday/flows/each_board.hpp"
#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/items.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday::flows {

using nlohmann::json;

namespace {

constexpr std::string_view kHistory = "history";
constexpr int kMostRestartsOfALog = 3;
constexpr int kItemsOfAStep = 200;
constexpr int kProjectsOfAStep = 500;

// One read of the log of a board, from the newest entry to the oldest.
class LogRead {
public:
    LogRead(Flow &flow, SyncRun &run, const Board &board, const std::string &since)
        : flow_(flow), run_(run), board_(board), since_(since) {}

    awaitable<void> read() {
        co_await begin();
        for (int restarts = 0;;) {
            const std::int64_t to_before = window_.to;
            try {
                co_await read_down();
                if (window_.to == to_before) break;
            } catch (const CursorExpired &error) {
                if (++restarts > kMostRestartsOfALog) throw;
                log::warning("cursor expired, reading goes on at the oldest entry so far",
                             {{"run", run_.id()}, {"error", error.what()}});
                window_.to = oldest_;
            }
        }
        co_await flow_.database.query("SELECT end_monday_log($1)", db::params(board_.id));
    }

private:
    awaitable<void> begin() {
        const db::Result row = co_await flow_.database.query(
            "SELECT ceil(extract(epoch FROM b.reading_to))::bigint + 1, extract(epoch FROM now())::bigint,"
            " extract(epoch FROM coalesce(nullif($2, '')::timestamptz, '2000-01-01'))::bigint"
            " FROM begin_monday_log($1) b",
            db::params(board_.id, since_));
        window_.to = row[0][0].integer();
        window_.now = row[0][1].integer();
        window_.from = row[0][2].integer();
        oldest_ = window_.to;
    }

    // Until the end, or until what an earlier run has read: then the window ends where that begins.
    awaitable<void> read_down() {
        const auto take = [this](const json &entries) -> awaitable<bool> {
            run_.add_items(entries.size());
            const db::Result row = co_await flow_.database.query(
                "SELECT ceil(extract(epoch FROM r.oldest))::bigint + 1, ceil(extract(epoch FROM r.known_from))::bigint "
                "+ 1"
                " FROM record_monday_log($1, $2::jsonb, $3) r",
                db::params(board_.id, to_text(entries), run_.id()));
            if (!row[0][0].is_null()) oldest_ = std::min(oldest_, row[0][0].integer());
            const bool meets_known = !row[0][1].is_null() && row[0][1].integer() < oldest_;
            if (meets_known) window_.to = row[0][1].integer();
            co_return !meets_known;
        };
        co_await read_change_feed(flow_, run_, board_.id, window_, take);
    }

    Flow &flow_;
    SyncRun &run_;
    const Board &board_;
    const std::string &since_;
    FeedWindow window_;
    std::int64_t oldest_ = 0;
};

// Items that left their board before it was read for the first time are there for whoever asks by their id.
awaitable<void> read_departed(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Board &board) {
    const db::Result rows = co_await flow.database.query("SELECT unknown_monday_items($1)", db::params(board.id));
    std::vector<std::string> ids;
    for (const db::Row row : rows) {
        ids.emplace_back(row[0].text());
        if (ids.size() < kMostIds) continue;
        co_await reread(flow, run, boards, board, ids);
        ids.clear();
    }
    if (!ids.empty()) co_await reread(flow, run, boards, board, ids);
}

awaitable<void> name_people(Flow &flow, bool is_former) {
    const db::Result rows = co_await flow.database.query("SELECT unnamed_monday_people()");
    std::vector<std::string> unnamed;
    for (const db::Row row : rows) unnamed.emplace_back(row[0].text());
    for (std::size_t begin = 0; begin < unnamed.size(); begin += kMostIds) {
        json ids = json::array();
        for (std::size_t i = begin; i < std::min(begin + kMostIds, unnamed.size()); ++i) ids.push_back(unnamed[i]);
        json variables = json::object();
        variables["limit"] = ids.size();
        variables["ids"] = std::move(ids);
        variables["is_former"] = is_former;
        const Response response = co_await flow.client.read(documents::people, std::move(variables));
        const json &users = member(response.data, "users");
        if (!users.is_array()) continue;
        co_await flow.database.query("SELECT name_monday_people($1::jsonb)", db::params(to_text(users)));
    }
}

awaitable<void> walk_board(Flow &flow, SyncRun &run, const Board &board) {
    std::string last;
    for (;;) {
        const db::Result row =
            co_await flow.database.query("SELECT w.items, w.last_item FROM walk_monday_items($1, $2, $3, $4) w",
                                         db::params(run.id(), board.id, last, kItemsOfAStep));
        const std::int64_t items = row[0][0].integer();
        run.add_items(static_cast<std::size_t>(items));
        if (items < kItemsOfAStep) co_return;
        last = row[0][1].text();
    }
}

awaitable<void> merge_projects(Flow &flow, const SyncRun &run) {
    std::string last;
    for (;;) {
        const db::Result row =
            co_await flow.database.query("SELECT m.projects, m.last_project FROM merge_monday_past($1, $2, $3) m",
                                         db::params(run.id(), last, kProjectsOfAStep));
        if (row[0][0].integer() < kProjectsOfAStep) co_return;
        last = row[0][1].text();
    }
}

awaitable<void> tell_past(Flow &flow, const std::vector<Board> &read) {
    const auto work = [&](SyncRun &run) -> awaitable<void> {
        for (const Board &board : read) co_await walk_board(flow, run, board);
        co_await merge_projects(flow, run);
        const db::Result untold = co_await flow.database.query("SELECT end_monday_past($1)", db::params(run.id()));
        for (const db::Row row : untold) run.fail(std::string{row[0].text()});
    };
    RunTarget target{std::string(kHistory), "", "the past of projects"};
    co_await in_run(flow, std::move(target), work);
}

}  // namespace

awaitable<void> read_history(Flow &flow, std::string since) {
    const std::vector<Board> boards = co_await active_boards(flow.database);
    std::vector<Board> read;
    const auto read_log = [&](SyncRun &run, const Board &board) -> awaitable<void> {
        LogRead log(flow, run, board, since);
        co_await log.read();
        co_await read_departed(flow, run, boards, board);
        read.push_back(board);
    };
    std::exception_ptr failure;
    try {
        co_await for_each_board(flow, std::string(kHistory), boards, read_log);
    } catch (const WaitError &) {
        throw;
    } catch (const ConnectionLost &) {
        throw;
    } catch (const Error &) {
        failure = std::current_exception();
    }
    if (!read.empty()) {
        co_await name_people(flow, false);
        co_await name_people(flow, true);
        co_await tell_past(flow, read);
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace poller::monday::flows
