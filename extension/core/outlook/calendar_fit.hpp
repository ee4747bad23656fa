// The calendar of wins and losses: the month within the quarter, then the month of the year.
#pragma once

#include "core/outlook/landmarks.hpp"
#include "core/outlook/lives.hpp"
#include "core/outlook/model.hpp"
#include "core/outlook/settings.hpp"

namespace pipeline_forecast::outlook {

// From fresh cells in months that lie wholly within what is known.
[[nodiscard]] Calendar fit_calendar(const Model &model, const Landmarks &landmarks, const Lives &lives,
                                    const Settings &settings);

}  // namespace pipeline_forecast::outlook
