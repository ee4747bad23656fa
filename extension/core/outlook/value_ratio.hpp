// What an order is worth against what was quoted for it.
#pragma once

#include <vector>

#include "core/outlook/history.hpp"
#include "core/outlook/landmarks.hpp"
#include "core/outlook/lives.hpp"
#include "core/outlook/settings.hpp"

namespace pipeline_forecast::outlook {

struct ValueRatio {
    double all = 1.0;
    std::vector<double> by_type;  // by code
    double cv2 = 0.0;             // squared coefficient of variation of an order around what is expected of it
};

// From the newest landmark row of each won project that had a value then.
[[nodiscard]] ValueRatio fit_value_ratio(const History &history, const Landmarks &landmarks, const Lives &lives,
                                         const Settings &settings);

}  // namespace pipeline_forecast::outlook
