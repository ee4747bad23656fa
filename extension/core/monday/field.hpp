// The fields that a board can fill, by the role of the board, and how each of them is stored.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/import_field.hpp"

namespace pipeline_forecast::monday {

// parent: an item is a project; subitem: the board of its subitems; hidden: one item for each subitem.
enum class Role { kParent, kSubitem, kHidden };

[[nodiscard]] std::optional<Role> parse_role(std::string_view name) noexcept;
// Throws InputError (22023) for a role that does not exist.
[[nodiscard]] Role require_role(std::string_view name);
[[nodiscard]] std::string_view to_string(Role role) noexcept;

// What happens to a field that the board has no column for, or whose column says nothing.
enum class Origin {
    kRead,     // it is unknown
    kDerived,  // it is derived, unless a column is mapped to it
    kDefault,  // it is derived, unless a column is mapped to it and not blank
    kWritten,  // it is written to the board and never read
};

struct Field {
    std::string_view name;
    FieldKind kind;
    Origin origin = Origin::kRead;
};

// The ids of the hidden items that a subitem is connected to; every other field is a column of the role's table.
inline constexpr std::string_view kRelationField = "hidden_item_id";

[[nodiscard]] const std::vector<Field> &fields_of(Role role);
[[nodiscard]] const Field *find_field(Role role, std::string_view name);

}  // namespace pipeline_forecast::monday
