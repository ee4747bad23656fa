// What people added to a model that a command of this program wrote: it stays when the model is written anew.
#pragma once

#include <string>
#include <string_view>

namespace poller::powerbi {

// The fresh text of a file of the model, followed by what the present text has beside it: measures, calculated columns,
// hierarchies, relationships, expressions and references to objects in further files. What an earlier version of the
// model had is left out; it is known by its tag. ConfigError, by name, where a part of the model was renamed or where
// somebody's own part has the name of one of the model's.
[[nodiscard]] std::string with_foreign_parts(const std::string &fresh, std::string_view present);

}  // namespace poller::powerbi
