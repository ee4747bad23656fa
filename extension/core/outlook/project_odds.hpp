// When an open project will be won: the days ahead cut into pieces of constant rates, of which each takes its share of
// what the earlier ones left.
#pragma once

#include <cstddef>
#include <vector>

#include "core/outlook/reason.hpp"
#include "core/outlook/horizon.hpp"
#include "core/outlook/model.hpp"
#include "core/outlook/open_project.hpp"

namespace pipeline_forecast::outlook {

struct ProjectOdds {
    Months won{};
    double later = 0.0;  // after the twelfth month
    double lost = 0.0;

    [[nodiscard]] double p_won() const noexcept;
};

class OddsTable {
public:
    // Rates are those of the model with the first `reasons` of an explanation switched on; all by default.
    OddsTable(const Model &model, const Horizon &horizon, std::size_t reasons = kReasons);

    [[nodiscard]] ProjectOdds of(const OpenProject &project) const noexcept;

private:
    struct Piece {
        double days;
        double middle;  // a moment
        std::size_t band;
        std::size_t month;     // kMonths: later
        ByCause<double> rate;  // base, calendar and level
    };

    [[nodiscard]] bool has(Reason reason) const noexcept { return static_cast<std::size_t>(reason) < reasons_; }

    const Model &model_;
    std::size_t reasons_;
    std::vector<Piece> pieces_;
};

// What is left of the recent level so many days ahead, as a factor.
[[nodiscard]] double faded_level(const Model &model, Cause cause, double days) noexcept;

}  // namespace pipeline_forecast::outlook
