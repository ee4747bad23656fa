// What an answer with errors vouches for. monday.com gives null where a field failed, beside the data that it has: such
// a null says nothing, and must not be taken for an empty cell, a deleted item, or the end of a list.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "poller/monday/response.hpp"

namespace poller::monday {

// The data without what the errors concern. A cell that failed is null, so that its column counts as one that did not
// come along; an item of which anything else failed is null as a whole, except that it may lack its list of subitems; a
// page whose list or cursor failed is null. An error that names no place leaves nothing.
[[nodiscard]] nlohmann::json vouched(nlohmann::json data, const std::vector<ApiError> &errors);

}  // namespace poller::monday
