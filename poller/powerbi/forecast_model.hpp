// The model of the forecast: which views are its tables, how they relate, and what is measured.
#pragma once

#include "poller/powerbi/model.hpp"

namespace poller::powerbi {

// The views that the model needs.
[[nodiscard]] const std::vector<std::string> &forecast_views();

// Of these views with the columns and comments they have. PermanentError for a view or column that is missing, and for
// a column of a type that Power BI does not read.
[[nodiscard]] Model forecast_model(const std::vector<View> &views);

}  // namespace poller::powerbi
