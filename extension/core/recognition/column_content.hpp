// What the values of a column are, as far as its kind or its contents tell.
#pragma once

#include <string_view>

#include "core/import_field.hpp"

namespace pipeline_forecast {

enum class Content {
    kUnknown,  // a text that may hold anything
    kDay,
    kNumber,
    kPeople,
    kWords,  // labels, names, connections: a text that is neither a number nor a day
    kOther,  // nothing that a field could take: files, buttons, votes
};

// Of the kinds that monday.com names (numbers, date, status ...) and those that a file is seen to hold (day, number,
// money, percent, words). Any other, and a text, is unknown.
[[nodiscard]] Content content_of_kind(std::string_view kind) noexcept;

// Whether a field of the kind could take such values.
[[nodiscard]] bool can_hold(FieldKind field, Content content) noexcept;

}  // namespace pipeline_forecast
