// A few projects as a whole: the items, their subitems, and the hidden items behind those, read by their ids and stored
// in one transaction.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "poller/monday/flows/flows.hpp"
#include "poller/monday/flows/items.hpp"
#include "poller/monday/item_page.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday::flows {

using nlohmann::json;

namespace {

using Ids = std::vector<std::string>;
using Groups = std::map<std::string, json>;  // items by their board

// One set of projects on its way into the database.
class ProjectSet {
public:
    ProjectSet(Flow &flow, SyncRun &run, const std::vector<Board> &boards, Ids ids)
        : flow_(flow), run_(run), boards_(boards), ids_(std::move(ids)) {}

    awaitable<void> read() {
        co_await read_projects();
        if (has_role("subitem")) co_await read_subitems();
        if (has_role("hidden")) {
            co_await read_hidden_items();
            co_await find_hidden_items_by_name();
        }
    }

    awaitable<void> store(db::Connection &connection) {
        co_await soft_delete_stored(connection);
        // In the order of the boards: hidden items first, projects last.
        for (const Board &board : boards_) {
            const auto items = items_.find(board.id);
            if (items != items_.end()) co_await ingest(connection, run_, board.id, items->second);
        }
        if (whole_.empty()) co_return;
        co_await connection.query("SELECT soft_delete_missing_subitems($1, $2, $3)",
                                  db::params(whole_, listed_, run_.id()));
    }

private:
    awaitable<void> read_projects() {
        // With the boards of subitems: a list of them is whole only where the token may read these.
        Ids asked = boards_of_role("parent");
        const Ids subitem_boards = boards_of_role("subitem");
        asked.insert(asked.end(), subitem_boards.begin(), subitem_boards.end());
        ItemsRequest request{documents::project_items, columns_of_role(boards_, "parent"), std::move(asked)};
        ItemsRead read = co_await read_items(flow_, run_, std::move(request), ids_);
        const bool shows_subitems = std::ranges::all_of(subitem_boards, [&](const std::string &board) {
            return std::ranges::find(read.readable, board) != read.readable.end();
        });
        for (json &item : read.items) {
            const std::string id = id_of(member(item, "id"));
            if (board_of(item).empty()) {
                run_.fail("monday.com does not say on which board item " + id + " is");
                continue;
            }
            if (!lies_on(item, "parent")) {
                gone_.push_back(id);
                continue;
            }
            // Of an item that is archived or deleted the list need not be whole.
            const json &list = member(item, "subitems");
            if (text_of(member(item, "state")) == "active" && list.is_array()) {
                const Ids subitems = subitem_ids_of(item);
                if (shows_subitems && subitems.size() == list.size()) whole_.push_back(id);
                listed_.insert(listed_.end(), subitems.begin(), subitems.end());
            }
            item.erase("subitems");
            keep(std::move(item));
        }
        co_await note_missing(read);
    }

    // Those that are listed, and those that were: archived, moved and deleted ones are on no list.
    awaitable<void> read_subitems() {
        const db::Result stored = co_await flow_.database.query(
            "SELECT monday_id FROM subitems WHERE parent_monday_id = ANY ($1) AND state = 'active'", db::params(ids_));
        std::set<std::string> wanted(listed_.begin(), listed_.end());
        for (const db::Row row : stored) wanted.emplace(row[0].text());
        const Ids ids(wanted.begin(), wanted.end());
        ItemsRequest request{documents::items_by_id, columns_of_role(boards_, "subitem"), boards_of_role("subitem")};
        ItemsRead read = co_await read_items(flow_, run_, std::move(request), ids);
        for (json &item : read.items) {
            if (!lies_on(item, "subitem")) continue;
            note_links(item);
            keep(std::move(item));
        }
        co_await note_missing(read);
    }

    awaitable<void> read_hidden_items() {
        const db::Result candidates =
            co_await flow_.database.query("SELECT item_id FROM monday_hidden_candidates($1)", db::params(ids_));
        for (const db::Row row : candidates) linked_.emplace(row[0].text());
        const Ids ids(linked_.begin(), linked_.end());
        ItemsRequest request{documents::items_by_id, columns_of_role(boards_, "hidden"), boards_of_role("hidden")};
        ItemsRead read = co_await read_items(flow_, run_, std::move(request), ids);
        for (json &item : read.items) {
            if (!lies_on(item, "hidden")) continue;
            unlinked_names_.erase(text_of(member(item, "name")).value_or(""));
            keep(std::move(item));
        }
        co_await note_missing(read);
    }

    // A hidden item that nothing leads to yet can be found by the name that it shares with its subitem.
    awaitable<void> find_hidden_items_by_name() {
        const Ids names(unlinked_names_.begin(), unlinked_names_.end());
        if (names.empty()) co_return;
        const db::Result unknown = co_await flow_.database.query(
            "SELECT n.name FROM unnest($1::text[]) AS n (name) "
            "WHERE NOT EXISTS (SELECT FROM hidden_items h WHERE h.name_key = name_key(n.name)) LIMIT $2",
            db::params(names, kMostIds));
        if (unknown.empty()) co_return;
        json wanted = json::array();
        for (const db::Row row : unknown) wanted.push_back(row[0].text());
        for (const Board &board : boards_) {
            if (board.role != "hidden") continue;
            json variables = json::object();
            variables["board"] = board.id;
            variables["names"] = wanted;
            variables["limit"] = kMostIds;
            variables["columns"] = board.columns;
            json data = co_await flow_.client.read_whole(documents::items_by_name, std::move(variables));
            json &found = data["items_page_by_column_values"]["items"];
            if (!found.is_array()) continue;
            run_.add_items(found.size());
            for (json &item : found)
                items_.try_emplace(board.id, json::array()).first->second.push_back(std::move(item));
        }
    }

    // What did not come is gone from the boards that the same answers showed; of others nobody knows.
    awaitable<void> note_missing(const ItemsRead &read) {
        co_await note_lost_access(flow_, run_, read.missing, read.readable);
        if (read.missing.empty() || read.readable.empty()) co_return;
        const db::Result gone = co_await flow_.database.query(
            "SELECT s.monday_id FROM ("
            "    SELECT board_id, monday_id FROM projects UNION ALL SELECT board_id, monday_id FROM subitems"
            "    UNION ALL SELECT board_id, monday_id FROM hidden_items) s "
            "WHERE s.monday_id = ANY ($1) AND s.board_id = ANY ($2)",
            db::params(read.missing, read.readable));
        for (const db::Row row : gone) gone_.emplace_back(row[0].text());
    }

    awaitable<void> soft_delete_stored(db::Connection &connection) {
        if (gone_.empty()) co_return;
        const db::Result rows = co_await connection.query(
            "SELECT s.board_id, to_json(array_agg(s.monday_id)) FROM ("
            "    SELECT board_id, monday_id FROM projects UNION ALL SELECT board_id, monday_id FROM subitems"
            "    UNION ALL SELECT board_id, monday_id FROM hidden_items) s "
            "JOIN monday_board b ON b.board_id = s.board_id WHERE s.monday_id = ANY ($1) GROUP BY 1 ORDER BY 1",
            db::params(gone_));
        for (const db::Row row : rows) {
            const Ids gone = parse_json(row[1].text())->get<Ids>();
            co_await soft_delete(connection, run_, row[0].text(), gone);
        }
    }

    [[nodiscard]] bool has_role(std::string_view role) const {
        return std::ranges::find(boards_, role, &Board::role) != boards_.end();
    }

    [[nodiscard]] Ids boards_of_role(std::string_view role) const {
        Ids ids;
        for (const Board &board : boards_) {
            if (board.role == role) ids.push_back(board.id);
        }
        return ids;
    }

    [[nodiscard]] bool lies_on(const json &item, std::string_view role) const {
        const std::string id = board_of(item);
        return std::ranges::any_of(boards_, [&](const Board &board) { return board.id == id && board.role == role; });
    }

    void keep(json item) {
        const std::string board = board_of(item);
        items_.try_emplace(board, json::array()).first->second.push_back(std::move(item));
    }

    void note_links(const json &subitem) {
        bool has_link = false;
        const json &columns = member(subitem, "column_values");
        for (const json &column : columns.is_array() ? columns : json::array()) {
            const json &ids = member(column, "linked_item_ids");
            if (!ids.is_array()) continue;
            for (const json &id : ids) linked_.insert(id_of(id));
            has_link = has_link || !ids.empty();
        }
        if (!has_link) unlinked_names_.insert(text_of(member(subitem, "name")).value_or(""));
    }

    Flow &flow_;
    SyncRun &run_;
    const std::vector<Board> &boards_;
    Ids ids_;

    Groups items_;
    Ids gone_;
    Ids whole_;   // projects whose list of subitems is complete
    Ids listed_;  // the subitems on these lists
    std::set<std::string> linked_;
    std::set<std::string> unlinked_names_;
};

}  // namespace

awaitable<void> read_project_sets(Flow &flow, SyncRun &run, const std::vector<Board> &boards, const Ids &project_ids) {
    for (std::size_t begin = 0; begin < project_ids.size(); begin += kMostIds) {
        const auto first = project_ids.begin() + static_cast<std::ptrdiff_t>(begin);
        const std::size_t size = std::min(kMostIds, project_ids.size() - begin);
        ProjectSet set(flow, run, boards, Ids(first, std::next(first, static_cast<std::ptrdiff_t>(size))));
        co_await set.read();
        const auto store = [&](db::Connection &connection) -> awaitable<void> { co_await set.store(connection); };
        co_await in_transaction(flow.database, store);
    }
}

awaitable<void> read_projects(Flow &flow, Ids project_ids) {
    const std::vector<Board> boards = co_await active_boards(flow.database);
    const auto work = [&](SyncRun &run) -> awaitable<void> {
        co_await read_project_sets(flow, run, boards, project_ids);
    };
    RunTarget target{"rehydrate_and_analyze", "", ""};
    co_await in_run(flow, std::move(target), work);
}

}  // namespace poller::monday::flows
