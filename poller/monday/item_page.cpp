#include "poller/monday/item_page.hpp"

#include <array>
#include <utility>

#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;

namespace {

// The page is moved out, since it can be large.
std::optional<ItemPage> page_from(json &container, const char *name) {
    if (!container.is_object() || !member(container, name).is_object()) return std::nullopt;
    json &page = container[name];
    if (!member(page, "items").is_array()) return std::nullopt;
    return ItemPage{std::move(page["items"]), text_of(member(page, "cursor")),
                    whole_number_of(member(container, "items_count"))};
}

void append_ids(const json &value, std::vector<std::string> &ids) {
    if (value.is_array()) {
        for (const json &element : value) append_ids(element, ids);
    } else if (std::string id = id_of(value); !id.empty()) {
        ids.push_back(std::move(id));
    }
}

}  // namespace

std::optional<ItemPage> first_page(json &&data) {
    if (!first_element(member(data, "boards")).is_object()) return std::nullopt;
    return page_from(data["boards"].front(), "items_page");
}

std::optional<ItemPage> next_page(json &&data) { return page_from(data, "next_items_page"); }

std::optional<ItemList> items_of(json &&data) {
    if (!member(data, "items").is_array()) return std::nullopt;
    ItemList list;
    for (json &item : data["items"]) {
        if (item.is_object()) {
            list.items.push_back(std::move(item));
        } else {
            list.has_nulls = true;
        }
    }
    return list;
}

std::set<std::string> boards_of(const json &data) {
    const json &boards = member(data, "boards");
    if (!boards.is_array()) return {};
    const auto ids = ids_of(boards);
    return {ids.begin(), ids.end()};
}

std::vector<std::string> ids_of(const json &items) {
    std::vector<std::string> ids;
    for (const json &item : items) append_ids(member(item, "id"), ids);
    return ids;
}

std::string board_of(const json &item) { return id_of(member(member(item, "board"), "id")); }

std::vector<std::string> subitem_ids_of(const json &item) {
    const json &subitems = member(item, "subitems");
    return subitems.is_array() ? ids_of(subitems) : std::vector<std::string>{};
}

std::optional<LogPage> log_page(json &&data) {
    if (!first_element(member(data, "boards")).is_object()) return std::nullopt;
    json &board = data["boards"].front();
    if (member(board, "activity_logs").is_array()) return LogPage{std::move(board["activity_logs"]), std::nullopt};
    const json &page = member(board, "activity_logs");
    if (!member(page, "logs").is_array()) return std::nullopt;
    return LogPage{member(page, "logs"), text_of(member(page, "cursor"))};
}

std::vector<Activity> activities_of(const json &entries) {
    std::vector<Activity> activities;
    constexpr std::array names{"pulse_id", "item_id", "pulse_ids", "item_ids"};
    for (const json &log : entries) {
        const json details = parse_json(text_of(member(log, "data")).value_or("")).value_or(json{});
        Activity entry{text_of(member(log, "event")).value_or(""), {}};
        for (const char *name : names) append_ids(member(details, name), entry.item_ids);
        if (!entry.item_ids.empty()) activities.push_back(std::move(entry));
    }
    return activities;
}

}  // namespace poller::monday
