// Several mutations under aliases in one request: one call of the day instead of one for each.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "poller/monday/queries/documents.hpp"
#include "poller/monday/response.hpp"

namespace poller::monday {

// They run in the order in which they were added; each costs complexity, and fails or not by itself.
class Mutations {
public:
    // values: {column id: text}
    void change_columns(std::string_view alias, std::string_view board_id, std::string_view item_id,
                        const nlohmann::json &values);
    void create_comment(std::string_view alias, std::string_view item_id, std::string_view html);
    // A comment that is gone, or of somebody else, leaves no answer at all: nothing but edits belongs beside it.
    void edit_comment(std::string_view alias, std::string_view update_id, std::string_view html);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    // Valid as long as this object, unchanged.
    [[nodiscard]] Document document();
    [[nodiscard]] const nlohmann::json &variables() const noexcept { return variables_; }

private:
    void add(std::string_view alias, std::string_view field, std::initializer_list<std::string_view> arguments);
    // Gives the parameter, such as "$p7".
    std::string parameter(std::string_view type, nlohmann::json value);

    std::size_t size_ = 0;
    nlohmann::json variables_ = nlohmann::json::object();
    std::string parameters_;
    std::string fields_;
    std::string name_;
    std::string text_;
};

// What became of one of them: null where it succeeded.
[[nodiscard]] const ApiError *error_of(const Response &response, std::string_view alias);

}  // namespace poller::monday
