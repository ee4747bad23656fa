// What own past forecasts teach: how far whole months miss together, and how much the model is to be trusted beside
// the top-down line.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "core/outlook/record.hpp"
#include "core/outlook/settings.hpp"
#include "core/outlook/wins.hpp"

namespace pipeline_forecast::outlook {

// A forecast whose months are over, with what came.
struct Matured {
    PastForecast forecast;
    double actual = 0.0;
};

// Those of the record whose last month has ended by the origin. What is not filled in is counted from the wins.
[[nodiscard]] std::vector<Judged> judge(const Record &record, const Wins &wins, double origin);

inline constexpr std::size_t kHorizonGroups = 4;

// Months 0, 1 to 2, 3 to 5, and 6 to 11 ahead.
[[nodiscard]] constexpr std::size_t horizon_group(int horizon) noexcept {
    return horizon <= 0 ? 0 : horizon <= 2 ? 1 : horizon <= 5 ? 2 : 3;
}

struct Shock {
    double variance = 0.0;   // s
    std::size_t months = 0;  // different ones that it was learned from; 0: prior
};

struct Shocks {
    double pooled = 0.0;
    std::array<Shock, kHorizonGroups> groups{};
};

// past: forecasts of one span. prior: s2_0, or the pooled shock of the months for cumulated spans.
[[nodiscard]] Shocks learned_shocks(std::span<const Matured> past, double prior, const Settings &settings);

// Theta of one group of horizons, 0 to 1; past: its forecasts of single months, those without a line count for
// nothing. scale: TopDown::scale.
[[nodiscard]] double model_weight(std::span<const Matured> past, double scale, const Settings &settings);

// What a forecast is multiplied by.
[[nodiscard]] double blend_factor(double theta, double line, double forecast) noexcept;

}  // namespace pipeline_forecast::outlook
