#include "core/analysis/segment_fields.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

std::string_view to_string(Field field) noexcept {
    constexpr std::array<std::string_view, kFields.size()> kNames{"account", "type", "category", "product_type"};
    return kNames[static_cast<std::size_t>(field)];
}

FieldSet tier_fields(int tier) noexcept {
    FieldSet fields;
    for (int added = kGlobalTier - 1; added >= tier; --added) fields.insert(added_field(added));
    return fields;
}

}  // namespace pipeline_forecast::analysis
