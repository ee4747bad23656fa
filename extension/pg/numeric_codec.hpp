// numeric <-> scaled integer without the server's general arithmetic: the forecast converts up to eight values per
// project, and the general route (multiply, round, convert) costs more than the whole formula.
#pragma once

#include "pg/prelude.hpp"

#include <cstdint>
#include <optional>

namespace pipeline_forecast::pg {

__extension__ using WideInteger = __int128;

inline constexpr std::int64_t kLargestScaled = 900'000'000'000'000'000;

// value * 10^scale, rounded half away from zero; 0 <= scale <= 6. Empty for NaN, infinity and for |result| above
// kLargestScaled. Reads the on-disk format of numeric, which has not changed since PostgreSQL 9.1 and which pg_upgrade
// therefore depends on.
[[nodiscard]] std::optional<std::int64_t> scaled_from_numeric(Datum value, int scale);

// The same for sums, up to 10^28.
[[nodiscard]] std::optional<WideInteger> wide_from_numeric(Datum value, int scale);

// scaled / 10^scale with exactly that many decimals. Allocates in the current memory context.
[[nodiscard]] Datum numeric_from_scaled(std::int64_t scaled, int scale);
[[nodiscard]] Datum numeric_from_wide(WideInteger scaled, int scale);

}  // namespace pipeline_forecast::pg
