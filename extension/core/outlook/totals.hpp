// The months of a run: sums of pipeline and new business, blended with the top-down line, with their bands.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/outlook/cumulants.hpp"
#include "core/outlook/horizon.hpp"
#include "core/outlook/record.hpp"
#include "core/outlook/settings.hpp"
#include "core/outlook/wins.hpp"

namespace pipeline_forecast::outlook {

enum class Part : std::uint8_t { kPipeline, kNew, kTotal };

struct MonthTotal {
    int month = 0;  // 0 to 11 ahead
    Span span = Span::kMonth;
    Part part = Part::kTotal;
    Columns columns{};            // after the blend
    double before = 0.0;          // k1 before it
    double expected_value = 0.0;  // money, rounded, like the next three
    double p10 = 0.0;
    double p50 = 0.0;
    double p90 = 0.0;
    double shock = 0.0;           // s
    std::size_t past_months = 0;  // n that s was learned from; 0: prior
    double theta = 1.0;           // weight of the model in the blend; of a cumulated span that of its last month
    double c = 1.0;               // what the blend multiplies by
    std::optional<double> top_down{};
};

// Sums before the blend.
struct Sums {
    std::array<Columns, kMonths> month{};
    std::array<Columns, kMonths> cumulated{};

    [[nodiscard]] const Columns &at(int ahead, Span span) const noexcept {
        return (span == Span::kMonth ? month : cumulated)[static_cast<std::size_t>(ahead)];
    }
};

struct Blend {
    Months c{};            // of the single months
    Months c_cumulated{};  // of the spans up to each, so that they stay the sum of their months

    [[nodiscard]] double at(int ahead, Span span) const noexcept {
        return (span == Span::kMonth ? c : c_cumulated)[static_cast<std::size_t>(ahead)];
    }
};

struct Totals {
    std::vector<MonthTotal> months;
    Blend blend;
    std::vector<Judged> judged;
};

// known_from, shock_prior: of the run.
[[nodiscard]] Totals totals_of(const Sums &pipeline, const Sums &new_business, const Horizon &horizon, const Wins &wins,
                               double known_from, double shock_prior, const Record &record, const Settings &settings);

}  // namespace pipeline_forecast::outlook
