#include "poller/monday/related_boards.hpp"

#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;

std::string related_board(const json &board, std::string_view column_type) {
    const json &columns = member(board, "columns");
    if (!columns.is_array()) return {};
    for (const json &column : columns) {
        if (text_of(member(column, "type")) != column_type) continue;
        // An object by now; older versions gave a text.
        json settings = member(column, "settings");
        if (settings.is_string()) settings = parse_json(settings.get<std::string>()).value_or(json{});
        std::string id = id_of(first_element(member(settings, "boardIds")));
        if (!id.empty()) return id;
    }
    return {};
}

}  // namespace poller::monday
