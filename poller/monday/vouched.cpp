#include "poller/monday/vouched.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <utility>

namespace poller::monday {

using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 3> kPages{"items_page", "next_items_page", "items_page_by_column_values"};

// The element of a list that a step of a path names; null where there is none.
json *element_at(json &list, std::string_view step) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    const bool is_there = error == std::errc{} && end == step.data() + step.size() && index < list.size();
    return is_there ? &list[index] : nullptr;
}

// Elements become null instead of leaving, so that the places of further errors stay true.
void take_out(json &data, std::string_view path) {
    json *node = &data;
    json *item = nullptr;
    json *page = nullptr;
    std::string_view list;
    while (!path.empty() && node != nullptr && !node->is_null()) {
        const std::string_view step = path.substr(0, path.find('.'));
        path.remove_prefix(std::min(step.size() + 1, path.size()));
        if (node->is_array()) {
            node = element_at(*node, step);
            if (node != nullptr && list == "column_values") {
                *node = nullptr;
                return;
            }
            if (list == "items") item = node;
            continue;
        }
        if (!node->is_object()) break;
        if (node == item && step != "column_values") {
            json &failed = step == "subitems" ? (*item)["subitems"] : *item;
            failed = nullptr;
            return;
        }
        const auto found = node->find(step);
        node = found == node->end() ? nullptr : &*found;
        if (std::ranges::find(kPages, step) != kPages.end()) page = node;
        list = step;
    }
    if (page != nullptr && item == nullptr) *page = nullptr;
}

}  // namespace

json vouched(json data, const std::vector<ApiError> &errors) {
    for (const ApiError &error : errors) {
        if (error.path.empty()) return json::object();
        take_out(data, error.path);
    }
    return data;
}

}  // namespace poller::monday
