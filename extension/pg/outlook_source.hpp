// Reads what the outlook needs: the versions of all projects up to a moment, and what earlier runs said.
#pragma once

#include "pg/prelude.hpp"

#include <string>
#include <vector>

#include "core/outlook/history.hpp"
#include "core/outlook/record.hpp"

namespace pipeline_forecast::pg {

// Days since 1970-01-01 UTC, whole days without a rounding error.
[[nodiscard]] double outlook_moment(TimestampTz moment) noexcept;

// Sealed. Nothing recorded after as_of is read.
[[nodiscard]] outlook::History read_outlook_history(TimestampTz as_of);

// The record with, for each of its forecasts, the run that made it.
struct OutlookRecord {
    outlook::Record forecasts;
    std::vector<int> runs;
};

// What runs of month starts before as_of said, of two runs of one moment the later; without actual values.
[[nodiscard]] OutlookRecord read_outlook_record(TimestampTz as_of);

// Of everything that a run is made from: equal inputs give equal text.
[[nodiscard]] std::string outlook_input_hash(const outlook::History &history, const outlook::Record &record,
                                             bool blend);

}  // namespace pipeline_forecast::pg
