// What is learned from a history up to an origin.
#pragma once

#include <cstddef>

#include "core/outlook/history.hpp"
#include "core/outlook/landmarks.hpp"
#include "core/outlook/lives.hpp"
#include "core/outlook/model.hpp"
#include "core/outlook/settings.hpp"

namespace pipeline_forecast::outlook {

struct ModelFit {
    Model model;
    double step = 0.0;     // days between landmarks
    std::size_t rows = 0;  // landmark rows
    std::size_t cells = 0;
    double shock_prior = 0.0;  // s2_0
};

[[nodiscard]] ModelFit fit_model(const History &history, const Lives &lives, const Landmarks &landmarks,
                                 const Settings &settings);

}  // namespace pipeline_forecast::outlook
