// What a run of the outlook stores beside its projects, as one document whose members are named like the columns.
#pragma once

#include "pg/prelude.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/outlook/history.hpp"
#include "core/outlook/outlook.hpp"
#include "core/outlook/settings.hpp"
#include "pg/outlook_source.hpp"

namespace pipeline_forecast::pg {

// {"run": {...}, "factors": [...], "new_months": [...], "months": [...], "won_months": [...], "judged": [...]}
[[nodiscard]] nlohmann::json outlook_document(const outlook::History &history, const outlook::Settings &settings,
                                              const outlook::Result &result, const OutlookRecord &record);

// What people call a group of a factor.
[[nodiscard]] std::string outlook_group_name(const outlook::History &history, outlook::FactorKind kind,
                                             std::size_t group);

}  // namespace pipeline_forecast::pg
