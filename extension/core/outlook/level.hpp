// The recent level of wins and losses, and how much whole months have moved together.
#pragma once

#include <cstddef>

#include "core/outlook/landmarks.hpp"
#include "core/outlook/lives.hpp"
#include "core/outlook/model.hpp"
#include "core/outlook/settings.hpp"

namespace pipeline_forecast::outlook {

struct LevelFit {
    ByCause<double> level{1.0, 1.0};
    double shock_prior = 0.0;  // s2_0, a variance
};

// The model has its factors and its calendar.
[[nodiscard]] LevelFit fit_level(const Model &model, const Landmarks &landmarks, const Lives &lives,
                                 const Settings &settings);

}  // namespace pipeline_forecast::outlook
