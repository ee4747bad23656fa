// What a column said before or after a change, as the activity log of a board keeps it: in the shapes that monday.com's
// own pages use, which are not those of the API's column values.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/monday/column.hpp"

namespace pipeline_forecast::monday {

// Names by the id of a person; the log knows people by their ids alone.
using People = std::map<std::string, std::string, std::less<>>;

// By the shape of the value, since the column may have been of another kind then. A label goes by its present text, as
// on the items themselves, and by the one of then where the board has it no more. Null says nothing; a person whose
// name is unknown is "monday.com user <id>".
[[nodiscard]] Reading read_logged_value(const nlohmann::json &value, const Labels &labels, const People &people);

}  // namespace pipeline_forecast::monday
