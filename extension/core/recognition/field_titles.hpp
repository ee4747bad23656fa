// Which field a column may hold by its title: what teams and products call the fields of a project, in eight languages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/recognition/column_content.hpp"

namespace pipeline_forecast {

// How well a title fits. Of several columns for one field the better title wins; a column whose field is taken gets its
// next candidate.
enum class TitleRank {
    kName,      // the field's own name
    kUsual,     // what the field is called
    kPossible,  // what it may be called, where nothing is better
    kLast,      // only if the title's usual field has another column
};

struct FieldCandidate {
    std::string_view field;  // as in a mapping for import_projects()
    TitleRank rank = TitleRank::kUsual;
};

// The best first; none for a title that says nothing. Titles fit whatever is added to them in brackets, units,
// currencies and the word for a deal ("Deal - Value (EUR)"). The field has to be able to hold the content.
[[nodiscard]] std::vector<FieldCandidate> recognise_field(std::string_view title, Content content);

// "the name of the field", "a usual title of the field" ...
[[nodiscard]] std::string_view to_string(TitleRank rank) noexcept;

// Of a title: its own key, and the keys it has without brackets, units and the word for a deal.
[[nodiscard]] std::vector<std::string> title_keys(std::string_view title);

}  // namespace pipeline_forecast
