// Which boards belong together, by the settings of their columns.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace poller::monday {

// The board that the first column of this type leads to: of a subtasks column the board of the subitems, of a
// board_relation column the connected one. Empty if there is none.
[[nodiscard]] std::string related_board(const nlohmann::json &board, std::string_view column_type);

}  // namespace poller::monday
