#include "poller/monday/push_plan.hpp"

#include <algorithm>

#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;

namespace {

std::string text_member(const json &object, std::string_view name) {
    return text_of(member(object, name)).value_or("");
}

// monday.com writes 45.30 as 45.3.
bool is_same_number(const std::string &one, const std::string &other) {
    const auto first = number_of(one);
    const auto second = number_of(other);
    return first && second ? *first == *second : one == other;
}

bool holds(const json &item, const json &columns) {
    const json &values = member(item, "column_values");
    return std::ranges::all_of(columns.items(), [&](const auto &wanted) {
        if (!values.is_array()) return false;
        return std::ranges::any_of(values, [&](const json &value) {
            return text_member(value, "id") == wanted.key() &&
                   is_same_number(text_member(value, "text"), wanted.value().template get<std::string>());
        });
    });
}

std::string_view without_leading_blanks(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

}  // namespace

PushPlan PushPlan::from_json(const json &plan) {
    PushPlan result;
    result.item_id = text_member(plan, "item_id");
    result.board_id = text_member(plan, "board_id");
    result.columns = member(plan, "columns");
    result.columns_hash = text_member(plan, "columns_hash");
    result.columns_key = text_member(plan, "columns_key");
    result.comment_html = text_of(member(plan, "comment_html"));
    result.comment_heading = text_member(plan, "comment_heading");
    result.comment_hash = text_member(plan, "comment_hash");
    result.comment_key = text_member(plan, "comment_key");
    result.update_id = text_member(plan, "update_id");
    result.in_doubt = member(plan, "in_doubt") == true;
    const json &hidden = member(plan, "hidden_ms");
    if (hidden.is_number()) result.hidden = std::chrono::milliseconds{hidden.get<std::int64_t>()};
    return result;
}

std::string PushPlan::summary() const {
    std::string text;
    if (writes_columns()) {
        for (const auto &[column, value] : columns.items()) {
            text += (text.empty() ? "columns " : ", ") + column + " " + value.get<std::string>();
        }
    }
    if (writes_comment()) text += text.empty() ? "comment" : "; comment";
    return text.empty() ? "nothing" : text;
}

PushedItem read_pushed_item(const json &data, const PushPlan &plan) {
    PushedItem result;
    const std::string self = id_of(member(member(data, "me"), "id"));
    result.reader = self;
    const json &items = member(data, "items");
    if (!items.is_array()) return result;
    const auto found =
        std::ranges::find_if(items, [&](const json &item) { return id_of(member(item, "id")) == plan.item_id; });
    if (found == items.end()) return result;
    const json &item = *found;
    result.state = text_member(item, "state");
    result.holds_columns = plan.writes_columns() && holds(item, plan.columns);
    const json &updates = member(item, "updates");
    if (!updates.is_array()) return result;
    bool is_known_there = false;
    for (const json &update : updates) {
        const std::string id = id_of(member(update, "id"));
        is_known_there = is_known_there || id == plan.update_id;
        // People may quote the heading; only our own comments can be edited.
        const bool is_ours = !self.empty() && id_of(member(update, "creator_id")) == self &&
                             without_leading_blanks(text_member(update, "text_body")).starts_with(plan.comment_heading);
        if (is_ours && result.own_comment.empty()) result.own_comment = id;
    }
    result.known_comment_is_gone =
        !plan.update_id.empty() && !is_known_there && updates.size() < static_cast<std::size_t>(kCommentsRead);
    return result;
}

}  // namespace poller::monday
