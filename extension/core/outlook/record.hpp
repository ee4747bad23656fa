// The record: what earlier runs forecast for a month, and what came.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/outlook/horizon.hpp"

namespace pipeline_forecast::outlook {

enum class Span : std::uint8_t {
    kMonth,      // one month
    kCumulated,  // from the origin to the end of the month
};

struct PastForecast {
    double origin = 0.0;
    int month = 0;    // the last that it covers, counted from January 1970
    int horizon = 0;  // 0 to 11
    Span span = Span::kMonth;
    double before = 0.0;                            // F before the blend
    double after = 0.0;                             // F after it
    double k2 = 0.0;                                // of independent deals, after the blend
    std::optional<double> top_down = std::nullopt;  // the line of then
    double p10 = 0.0;
    double p90 = 0.0;
    std::optional<double> actual = std::nullopt;  // filled by the run where it is absent and the month is over
};

using Record = std::vector<PastForecast>;

struct Judged {
    std::size_t forecast = 0;  // which of the record
    double actual = 0.0;
    bool held = false;  // p10 <= actual <= p90
};

}  // namespace pipeline_forecast::outlook
