// The columns that a mapping reads: which of a file's have to be brought to the database, under which names.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include "poller/imports/head.hpp"

namespace poller::imports {

// As the mapping spells them, in the order in which they stand, some perhaps twice. Whatever is no mapping has none.
[[nodiscard]] std::vector<std::string> columns_read(const nlohmann::json &mapping);

// The mapping for the table that holds the columns: each is called by its name there.
[[nodiscard]] nlohmann::json with_staged_names(nlohmann::json mapping, const std::vector<Column> &columns);

// A proposal made for that table, in the names of the file.
[[nodiscard]] nlohmann::json with_full_names(nlohmann::json proposal, const std::vector<Column> &columns);

// Places of the named columns in the head, each once; a name in the table will do.
[[nodiscard]] std::vector<std::size_t> places_of(const std::vector<std::string> &names,
                                                 const std::vector<Column> &columns);

}  // namespace poller::imports
