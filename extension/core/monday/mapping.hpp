// A guess at which column of a board holds which field, by the titles of the columns: for a person to look over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/monday/field.hpp"

namespace pipeline_forecast::monday {

struct TitledColumn {
    std::string column_id;
    std::string title;
    std::string kind;
};

struct Proposal {
    const TitledColumn *column;
    const Field *field = nullptr;  // null: the column stays unmapped
    std::string reason = {};
};

// One proposal for each column, in their order; each field is proposed once. `columns` must outlive the result.
[[nodiscard]] std::vector<Proposal> propose_mapping(const std::vector<TitledColumn> &columns, Role role);

}  // namespace pipeline_forecast::monday
