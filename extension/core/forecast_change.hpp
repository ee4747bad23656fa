// What changed in the forecast of one project between two days, split into the bars of a waterfall.
//
// The difference is walked through in one order: the project comes in (created, or pulled into the 12 months with what
// it was worth then), its month moves, its value changes, its probability changes (a win or a loss instead, where the
// bucket says so), and it goes out (pushed beyond the 12 months, or removed). Each step is what is left after the
// former ones, so that the steps of a project always add up to its difference, to the cent.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/calendar.hpp"
#include "core/fixed_point.hpp"
#include "core/forecast.hpp"

namespace pipeline_forecast {

// How far a forecast reaches, from the month of its day on.
inline constexpr std::chrono::months kForecastWindow{12};

// In the order in which a waterfall shows them, between its opening and its closing.
enum class Bar {
    kCreated,
    kWon,
    kLost,
    kValueUp,
    kValueDown,
    kProbabilityUp,
    kProbabilityDown,
    kPulledIn,
    kPushedOut,
    kMovedEarlier,
    kMovedLater,
    kMonthEnded,
    kRemoved
};

[[nodiscard]] std::string_view to_string(Bar bar) noexcept;

// The bar in which release 0.1.0 put it: moves within the 12 months with those across their ends, a month that is over
// with what was removed.
[[nodiscard]] Bar bar_of_first_release(Bar bar) noexcept;

// An active project as it was forecast on a day.
struct ForecastState {
    Day day = {};  // of the forecast; its 12 months begin with the month of this day
    Bucket bucket = Bucket::kOpen;
    Day month = {};  // first day of the month it is forecast for, inside those 12 months or outside
    Money contract_value = {};
    Rate probability = {};
    Money expected_value = {};
    Money committed_value = {};
};

// Part of a bar. A step that leads from one month or bucket to another has a part in each of them, so that a waterfall
// of a single month or bucket closes as well.
struct ForecastChange {
    Bar bar;
    Bucket bucket;
    Day month;
    Money expected_value;
    Money committed_value;

    friend bool operator==(const ForecastChange &, const ForecastChange &) = default;
};

// Empty: there was no such project, or it was not active. Only what lies inside the 12 months of its day counts.
// Parts of 0.00 are left out.
[[nodiscard]] std::vector<ForecastChange> forecast_changes(const std::optional<ForecastState> &opening,
                                                           const std::optional<ForecastState> &closing);

}  // namespace pipeline_forecast
