// A guess at which column of a board holds which field: by titles, by kinds, by what the columns hold. For a person to
// look over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/monday/field.hpp"

namespace pipeline_forecast::monday {

struct TitledColumn {
    std::string column_id = {};
    std::string title = {};
    std::string kind = {};
    std::vector<std::string> labels = {};   // of a status
    std::vector<std::string> samples = {};  // what some items say, without blanks
    bool shows_subitems = false;            // a mirror of the item's own subitems
    bool is_link = false;                   // the connection that leads to the quotes
};

struct Proposal {
    const TitledColumn *column;
    const Field *field = nullptr;  // null: the column stays unmapped
    std::string reason = {};
};

// One proposal for each column, in their order; each field is proposed once. `columns` must outlive the result.
[[nodiscard]] std::vector<Proposal> propose_mapping(const std::vector<TitledColumn> &columns, Role role);

// The labels among these that say in words that a project is won or lost.
[[nodiscard]] std::size_t count_of_outcomes(const std::vector<std::string> &labels);

}  // namespace pipeline_forecast::monday
