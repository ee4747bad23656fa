#include "poller/monday/discovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "poller/errors.hpp"
#include "poller/monday/flows/board_check.hpp"
#include "poller/monday/item_page.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::monday {
namespace {

using nlohmann::json;
using Ids = std::vector<std::string>;

constexpr int kSampledItems = 50;
constexpr int kCountedItemsPerCall = 500;

std::string title_of_board(const json &board) {
    return fmt::format("\"{}\" ({})", text_of(member(board, "name")).value_or(""), id_of(member(board, "id")));
}

const json &listed_columns(const json &board) {
    static const json none = json::array();
    const json &columns = member(board, "columns");
    return columns.is_array() ? columns : none;
}

// The boards that a column leads to: an object by now; older versions gave a text.
Ids boards_behind(const json &column) {
    json settings = member(column, "settings");
    if (settings.is_string()) settings = parse_json(settings.get<std::string>()).value_or(json{});
    Ids ids;
    for (const char *key : {"boardIds", "boardId"}) {
        const json &list = member(settings, key);
        for (const json &each : list.is_array() ? list : json::array({list})) {
            std::string id = id_of(each);
            if (!id.empty() && std::ranges::find(ids, id) == ids.end()) ids.push_back(std::move(id));
        }
    }
    return ids;
}

Ids related_boards(const json &board, std::string_view column_type) {
    Ids ids;
    const std::string own = id_of(member(board, "id"));
    for (const json &column : listed_columns(board)) {
        if (text_of(member(column, "type")) != column_type || member(column, "archived") == json(true)) continue;
        for (std::string &id : boards_behind(column)) {
            if (id != own && std::ranges::find(ids, id) == ids.end()) ids.push_back(std::move(id));
        }
    }
    return ids;
}

awaitable<json> asked_board(Client &client, std::string id) {
    const Ids ids{id};
    json boards = co_await flows::read_board_settings(client, ids);
    if (boards.empty()) throw PermanentError(fmt::format("board {} does not exist, or the token may not read it", id));
    co_return std::move(boards.front());
}

awaitable<json> first_page_of(Client &client, std::string board_id, Ids columns, int limit) {
    json variables = json::object();
    variables["board"] = std::move(board_id);
    variables["columns"] = std::move(columns);
    variables["limit"] = limit;
    Response response = co_await client.read(documents::board_page, std::move(variables));
    co_return std::move(response.data);
}

// What an item says in a column, as a person reads it.
std::string shown_in(const json &cell) {
    for (const char *key : {"display_value", "text"}) {
        std::string text = text_of(member(cell, key)).value_or("");
        if (!text.empty()) return text;
    }
    return {};
}

class Discovery {
public:
    Discovery(db::Pool &database, Client &client, DiscoveryRequest request)
        : database_(database), client_(client), request_(std::move(request)) {}

    awaitable<std::vector<FoundBoard>> run() {
        for (const std::string &id : request_.boards) {
            json parent = co_await parent_board(id);
            const std::string parent_id = id_of(member(parent, "id"));
            if (is_found(parent_id)) continue;
            parents_.push_back(parent_id);
            co_await keep("parent", std::string{}, parent, std::string{});
            co_await find_below(parent);
        }
        co_return std::move(found_);
    }

private:
    // The board whose items are projects. Who gives the board of its subitems means the board above it.
    awaitable<json> parent_board(std::string id) {
        json board = co_await asked_board(client_, id);
        const std::string type = text_of(member(board, "type")).value_or("board");
        if (type == "board") co_return board;
        if (type != "sub_items_board") {
            throw PermanentError(
                fmt::format("board {} is a {}, which holds no projects", title_of_board(board), type),
                {"", "", "Give the id of the board whose items are projects; it is in the board's address."});
        }
        const std::string above = co_await board_above(id);
        if (above.empty()) {
            throw PermanentError(fmt::format("board {} holds subitems of another board", title_of_board(board)),
                                 {"", "", "Give the id of the board whose items are projects, not of their subitems."});
        }
        json parent = co_await asked_board(client_, above);
        request_.remark(fmt::format("board {} holds the subitems of board {}, which is taken", title_of_board(board),
                                    title_of_board(parent)));
        co_return parent;
    }

    awaitable<std::string> board_above(std::string subitem_board) {
        const Ids columns{"name"};
        const json data = co_await first_page_of(client_, subitem_board, columns, 1);
        const json &items = member(member(first_element(member(data, "boards")), "items_page"), "items");
        const std::string parent_item = id_of(member(member(first_element(items), "parent_item"), "id"));
        if (parent_item.empty()) co_return std::string{};
        json variables = json::object();
        variables["ids"] = json::array({parent_item});
        variables["limit"] = 1;
        variables["columns"] = columns;
        variables["boards"] = json::array({subitem_board});
        variables["board_limit"] = 1;
        const Response response = co_await client_.read(documents::items_by_id, std::move(variables));
        co_return id_of(member(member(first_element(member(response.data, "items")), "board"), "id"));
    }

    awaitable<void> find_below(const json &parent) {
        if (text_of(member(parent, "hierarchy_type")) == "multi_level" && request_.subitems.empty()) {
            request_.remark(
                fmt::format("board {} is a multi-level board: its subitems lie on it, and its projects are read with "
                            "the values that "
                            "are rolled up from them",
                            title_of_board(parent)));
            co_return;
        }
        const std::string subitems = co_await subitem_board_of(parent);
        if (subitems.empty() || is_found(subitems)) co_return;
        json subitem = co_await asked_board(client_, subitems);
        const std::string parent_id = id_of(member(parent, "id"));
        json hidden = co_await hidden_board_of(subitem);
        co_await keep("subitem", parent_id, subitem, id_of(member(hidden, "id")));
        const std::string hidden_id = id_of(member(hidden, "id"));
        if (hidden_id.empty()) co_return;
        if (is_found(hidden_id)) {
            request_.remark(fmt::format("board {} is connected to the subitems of several boards and is listed once",
                                        title_of_board(hidden)));
            co_return;
        }
        co_await keep("hidden", parent_id, hidden, std::string{});
    }

    awaitable<std::string> subitem_board_of(const json &parent) {
        if (!request_.subitems.empty()) co_return request_.subitems;
        const Ids ids = related_boards(parent, "subtasks");
        if (ids.empty()) {
            request_.remark(fmt::format("board {} has no subitems: all fields are its own", title_of_board(parent)));
            co_return std::string{};
        }
        if (ids.size() == 1) co_return ids.front();
        std::vector<Choice> choices;
        for (const std::string &id : ids) choices.push_back({id, id});
        co_return chosen(fmt::format("Which board holds the subitems of {}?", title_of_board(parent)), choices,
                         "--subitems");
    }

    // The board that holds the quotes behind the subitems; null where there is none or nobody can tell which.
    awaitable<json> hidden_board_of(const json &subitem) {
        if (!request_.hidden.empty()) {
            json asked = co_await asked_board(client_, request_.hidden);
            co_return asked;
        }
        Ids ids = related_boards(subitem, "board_relation");
        std::erase_if(ids, [&](const std::string &id) { return std::ranges::find(parents_, id) != parents_.end(); });
        if (ids.empty()) co_return json{};
        json boards = co_await flows::read_board_settings(client_, ids);
        std::vector<Choice> likely;
        for (const json &board : boards) {
            const std::string fields = co_await quote_fields_of(board);
            if (fields.empty()) {
                request_.remark(
                    fmt::format("board {} is connected to the subitems of {}, and none of its columns looks "
                                "like an amount, an order or an invoice of a quote",
                                title_of_board(board), title_of_board(subitem)));
                continue;
            }
            likely.push_back({id_of(member(board, "id")), fmt::format("{}: {}", title_of_board(board), fields)});
        }
        if (likely.empty()) co_return json{};
        std::string id = likely.front().id;
        if (likely.size() > 1) {
            id = chosen(fmt::format("Which board holds the quotes behind the subitems of {}?", title_of_board(subitem)),
                        likely, "--hidden");
        } else if (ids.size() > 1) {
            request_.remark(
                fmt::format("of {} connected boards one looks like quotes: {}", ids.size(), likely.front().text));
        }
        const auto found = std::ranges::find_if(
            boards, [&](const json &board) { return !id.empty() && id_of(member(board, "id")) == id; });
        if (found == boards.end()) co_return json{};
        co_return std::move(*found);
    }

    // "material_value, invoice_date": the fields by which a quote is known, as far as titles tell.
    awaitable<std::string> quote_fields_of(const json &board) {
        const std::string columns = to_text(listed_columns(board));
        const db::Result rows = co_await database_.query(
            "SELECT string_agg(p.field, ', ' ORDER BY p.field) FROM propose_monday_mapping($1::jsonb, 'hidden') p "
            "WHERE p.field IN ('quote_amount', 'material_value', 'transport_cost', 'cust_order_value_material', "
            "'amount_invoiced', 'date_order_received', 'date_quoted', 'invoice_date', 'invoice_number')",
            db::params(columns));
        co_return std::string{rows[0][0].text()};
    }

    // One of several is never taken for the sake of its place.
    std::string chosen(const std::string &question, const std::vector<Choice> &choices, std::string_view option) {
        std::string id = request_.choose ? request_.choose(question, choices) : std::string{};
        if (!id.empty()) return id;
        request_.remark(question + " None is taken:");
        for (const Choice &choice : choices)
            request_.remark(fmt::format("  {} {}  {}", option, choice.id, choice.text));
        return {};
    }

    awaitable<void> keep(std::string role, std::string parent_id, const json &board, std::string linked_board) {
        FoundBoard found;
        found.id = id_of(member(board, "id"));
        found.name = text_of(member(board, "name")).value_or("");
        found.role = std::move(role);
        found.parent_id = std::move(parent_id);
        found.columns = json::array();
        for (const json &column : listed_columns(board)) {
            if (member(column, "archived") == json(true)) continue;
            found.columns.push_back(column);
            const Ids behind = boards_behind(column);
            if (!linked_board.empty() && text_of(member(column, "type")) == "board_relation" &&
                std::ranges::find(behind, linked_board) != behind.end()) {
                found.columns.back()["is_link"] = true;
            }
        }
        co_await add_samples(found);
        found_.push_back(std::move(found));
    }

    // Formulas are left out: the API computes few of them in a minute.
    awaitable<void> add_samples(FoundBoard &board) {
        Ids ids;
        for (const json &column : board.columns) {
            if (text_of(member(column, "type")) != "formula") ids.push_back(id_of_column(column));
        }
        const json data = co_await first_page_of(client_, board.id, ids, kSampledItems);
        const json &items = member(member(first_element(member(data, "boards")), "items_page"), "items");
        if (!items.is_array()) co_return;
        std::map<std::string, json> samples;
        for (const json &item : items) {
            const json &cells = member(item, "column_values");
            for (const json &cell : cells.is_array() ? cells : json::array()) {
                const std::string text = shown_in(cell);
                if (!text.empty()) samples[id_of_column(cell)].push_back(text);
            }
        }
        for (json &column : board.columns) {
            const auto found = samples.find(id_of_column(column));
            if (found != samples.end()) column["samples"] = found->second;
        }
    }

    static std::string id_of_column(const json &column) { return text_of(member(column, "id")).value_or(""); }

    [[nodiscard]] bool is_found(const std::string &id) const {
        return std::ranges::find(found_, id, &FoundBoard::id) != found_.end();
    }

    db::Pool &database_;
    Client &client_;
    DiscoveryRequest request_;
    Ids parents_;
    std::vector<FoundBoard> found_;
};

}  // namespace

awaitable<std::vector<FoundBoard>> discover_boards(db::Pool &database, Client &client, DiscoveryRequest request) {
    Discovery discovery(database, client, std::move(request));
    std::vector<FoundBoard> found = co_await discovery.run();
    co_return found;
}

awaitable<std::vector<std::pair<std::string, std::int64_t>>> count_labels(Client &client, std::string board_id,
                                                                          std::string column_id) {
    std::map<std::string, std::int64_t> counts;
    const Ids columns{column_id};
    json data = co_await first_page_of(client, board_id, columns, kCountedItemsPerCall);
    std::optional<ItemPage> page = first_page(std::move(data));
    while (page) {
        for (const json &item : page->items) {
            const std::string text = shown_in(first_element(member(item, "column_values")));
            if (!text.empty()) ++counts[text];
        }
        if (!page->cursor) break;
        json variables = json::object();
        variables["cursor"] = *page->cursor;
        variables["columns"] = columns;
        variables["limit"] = kCountedItemsPerCall;
        Response response = co_await client.read(documents::next_board_page, std::move(variables));
        page = next_page(std::move(response.data));
    }
    co_return std::vector<std::pair<std::string, std::int64_t>>(counts.begin(), counts.end());
}

}  // namespace poller::monday
