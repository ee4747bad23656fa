#include "poller/monday/board.hpp"

#include <algorithm>

#include "poller/errors.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday {

awaitable<std::vector<Board>> active_boards(db::Pool &database) {
    const db::Result rows = co_await database.query(
        "SELECT b.board_id, b.role, b.name, to_json(ARRAY("
        "    SELECT c.column_id FROM monday_column c WHERE c.board_id = b.board_id AND NOT c.writable ORDER BY "
        "c.column_id)) AS columns, coalesce(b.page_size, 500) "
        "FROM monday_board b WHERE b.is_active "
        "ORDER BY array_position('{hidden,subitem,parent}', b.role), b.board_id");
    std::vector<Board> boards;
    for (const db::Row row : rows) {
        Board board{std::string{row[0].text()}, std::string{row[1].text()}, std::string{row[2].text()}, {}, 500};
        const auto columns = parse_json(row[3].text());
        board.columns = columns->get<std::vector<std::string>>();
        board.page_size = static_cast<int>(row[4].integer());
        boards.push_back(std::move(board));
    }
    if (boards.empty()) {
        throw ConfigError("no board of monday.com is configured",
                          {"", "", "Call pipeline-poller boards import FILE, or boards discover first."});
    }
    co_return boards;
}

std::vector<std::string> columns_of_role(const std::vector<Board> &boards, std::string_view role) {
    std::vector<std::string> columns;
    for (const Board &board : boards) {
        if (board.role == role) columns.insert(columns.end(), board.columns.begin(), board.columns.end());
    }
    std::ranges::sort(columns);
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    return columns;
}

}  // namespace poller::monday
