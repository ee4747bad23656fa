// What one run has learned: rates of winning and losing a day, and all that multiplies them. A value; whoever has it
// can forecast and explain a project without the history behind it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/outlook/bins.hpp"
#include "core/outlook/cause.hpp"
#include "core/outlook/factor_kind.hpp"
#include "core/outlook/history.hpp"
#include "core/outlook/horizon.hpp"

namespace pipeline_forecast::outlook {

// How much more often than expected a group ended one way, and from how much that is known.
struct Fit {
    double observed = 0.0;
    double expected = 0.0;
    double kappa = 0.0;
    double factor = 1.0;
};

struct FactorGroup {
    ByCause<Fit> fit;
    bool seen = false;  // has a cell; one that has none keeps factor 1
};

// Groups by number: a code, a bin, or stage * bins + bin. Empty where the factor was left out.
struct Factor {
    std::vector<FactorGroup> groups;

    [[nodiscard]] double of(std::size_t group, Cause cause) const noexcept {
        return group < groups.size() ? groups[group].fit[cause].factor : 1.0;
    }
};

// Logarithms of factors by position of the calendar.
struct Calendar {
    std::array<ByCause<double>, kMonthsOfQuarter> quarter{};
    std::array<ByCause<double>, kMonthsOfYear> year{};

    [[nodiscard]] double log_factor(int month, Cause cause) const noexcept {
        return quarter[static_cast<std::size_t>(month_of_year(month) % kMonthsOfQuarter)][cause] +
               year[static_cast<std::size_t>(month_of_year(month))][cause];
    }
};

struct Model {
    std::array<ByCause<double>, kBands> base{};  // a day, by days after the origin
    std::array<Factor, kFactors> factors{};
    Calendar calendar{};
    ByCause<double> level{1.0, 1.0};
    double level_fading = 0.0;  // days
    double redundancy = 1.0;
    std::vector<double> value_ratio{};  // order value by quoted value, by type; beyond its end: value_ratio_all
    double value_ratio_all = 1.0;
    double value_cv2 = 0.0;

    [[nodiscard]] const Factor &factor(FactorKind kind) const noexcept {
        return factors[static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] double ratio(std::uint32_t type) const noexcept {
        return type < value_ratio.size() ? value_ratio[type] : value_ratio_all;
    }
};

}  // namespace pipeline_forecast::outlook
