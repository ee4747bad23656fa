// Landmarks: moments before the origin at which every open project is looked at, so that what became of it can be
// learned.
#pragma once

#include <cstddef>
#include <vector>

#include "core/outlook/history.hpp"
#include "core/outlook/lives.hpp"
#include "core/outlook/open_project.hpp"
#include "core/outlook/settings.hpp"

namespace pipeline_forecast::outlook {

struct Landmark {
    double moment = 0.0;
    OpenProject seen;
};

struct Landmarks {
    double step = 0.0;             // days between them
    std::vector<Landmark> rows{};  // by project, then by time
};

// Follows how long projects live.
[[nodiscard]] double step_for(const Lives &lives);

// The step doubles while there would be more rows than the limit.
[[nodiscard]] Landmarks landmarks_every(double step, const History &history, const Lives &lives,
                                        const Settings &settings);

}  // namespace pipeline_forecast::outlook
