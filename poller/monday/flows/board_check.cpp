#include "poller/monday/flows/board_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "poller/tolerant_json.hpp"

namespace poller::monday::flows {

using nlohmann::json;

awaitable<json> read_board_settings(Client &client, const std::vector<std::string> &board_ids) {
    constexpr std::size_t most = 100;
    json boards = json::array();
    for (std::size_t begin = 0; begin < board_ids.size(); begin += most) {
        json asked = json::array();
        for (std::size_t at = begin; at < std::min(begin + most, board_ids.size()); ++at)
            asked.push_back(board_ids[at]);
        json variables = json::object();
        variables["limit"] = asked.size();
        variables["boards"] = std::move(asked);
        // A board that the token may not read can come as null with an error, and one without its columns says nothing
        // of them: the others count all the same.
        Response response = co_await client.read(documents::board_settings, std::move(variables));
        for (json &board : response.data["boards"]) {
            if (member(board, "columns").is_array()) boards.push_back(std::move(board));
        }
    }
    co_return boards;
}

awaitable<std::map<std::string, std::string>> check_boards(db::Pool &database, Client &client,
                                                           const std::vector<Board> &boards) {
    std::vector<std::string> ids;
    ids.reserve(boards.size());
    for (const Board &board : boards) ids.push_back(board.id);
    const std::string actual = to_text(co_await read_board_settings(client, ids));
    co_await database.query("SELECT refresh_monday_labels($1::jsonb)", db::params(actual));
    const db::Result rows = co_await database.query(
        "SELECT c.board_id, c.column_id, c.field, c.problem FROM check_monday_boards($1::jsonb) c "
        "WHERE c.column_id IS NOT NULL AND (c.problem LIKE 'missing:%' OR c.problem LIKE 'retyped:%')",
        db::params(actual));
    std::map<std::string, std::string> problems;
    for (const db::Row row : rows) {
        std::string &text = problems[std::string{row[0].text()}];
        text += fmt::format("{}column {} (field {}) is {}", text.empty() ? "" : "; ", row[1].text(), row[2].text(),
                            row[3].text());
    }
    co_return problems;
}

}  // namespace poller::monday::flows
