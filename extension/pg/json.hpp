// JSON between the core and SQL.
#pragma once

#include "pg/guard.hpp"

#include <nlohmann/json_fwd.hpp>

namespace pipeline_forecast::pg {

// Allocates in the current memory context. Text that is not valid UTF-8 is replaced, not refused.
[[nodiscard]] Datum jsonb_datum(const nlohmann::json &document);

}  // namespace pipeline_forecast::pg
