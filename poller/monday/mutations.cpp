#include "poller/monday/mutations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "poller/tolerant_json.hpp"

namespace poller::monday {

using nlohmann::json;

namespace {

// What monday.com's documentation gives for one write.
constexpr std::int64_t kComplexityOfOne = 10'000;

}  // namespace

std::string Mutations::parameter(std::string_view type, json value) {
    std::string name = fmt::format("p{}", variables_.size());
    parameters_ += fmt::format("{}${}: {}", parameters_.empty() ? "" : ", ", name, type);
    variables_[name] = std::move(value);
    return "$" + name;
}

void Mutations::add(std::string_view alias, std::string_view field, std::initializer_list<std::string_view> arguments) {
    fields_ += fmt::format("  {}: {}(", alias, field);
    bool is_first = true;
    for (const std::string_view argument : arguments) {
        fields_ += fmt::format("{}{}", std::exchange(is_first, false) ? "" : ", ", argument);
    }
    fields_ += ") {\n    id\n  }\n";
    ++size_;
}

void Mutations::change_columns(std::string_view alias, std::string_view board_id, std::string_view item_id,
                               const json &values) {
    const std::string board = "board_id: " + parameter("ID!", board_id);
    const std::string item = "item_id: " + parameter("ID!", item_id);
    // JSON within JSON.
    const std::string columns = "column_values: " + parameter("JSON!", to_text(values));
    add(alias, "change_multiple_column_values", {board, item, columns});
}

void Mutations::create_comment(std::string_view alias, std::string_view item_id, std::string_view html) {
    const std::string item = "item_id: " + parameter("ID!", item_id);
    const std::string body = "body: " + parameter("String!", html);
    add(alias, "create_update", {item, body});
}

void Mutations::edit_comment(std::string_view alias, std::string_view update_id, std::string_view html) {
    const std::string update = "id: " + parameter("ID!", update_id);
    const std::string body = "body: " + parameter("String!", html);
    add(alias, "edit_update", {update, body});
}

Document Mutations::document() {
    // What a call costs is remembered by its name.
    name_ = fmt::format("write_{}", size_);
    text_ =
        fmt::format("mutation {}({}) {{\n  complexity {{\n    after\n    query\n    reset_in_x_seconds\n  }}\n{}}}\n",
                    name_, parameters_, fields_);
    return {name_, text_, static_cast<std::int64_t>(size_) * kComplexityOfOne};
}

const ApiError *error_of(const Response &response, std::string_view alias) {
    const auto found = std::ranges::find_if(
        response.errors, [&](const ApiError &error) { return error.path.substr(0, error.path.find('.')) == alias; });
    return found == response.errors.end() ? nullptr : &*found;
}

}  // namespace poller::monday
