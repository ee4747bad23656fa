#include "core/outlook/wins.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::outlook {

Wins::Wins(const Lives &lives) {
    for (const Life &life : lives.of) {
        if (life.ending == Ending::kWon && lives.ended_known(life)) wins_.push_back({life.end, life.order_value});
    }
    // Wins of one moment stay in the order of the projects.
    std::ranges::stable_sort(wins_, {}, &Win::moment);
}

std::span<const Win> Wins::between(double from, double until) const noexcept {
    const auto begin = std::ranges::lower_bound(wins_, from, {}, &Win::moment);
    const auto end = std::ranges::lower_bound(begin, wins_.end(), until, {}, &Win::moment);
    return {begin, end};
}

double Wins::value_between(double from, double until) const noexcept {
    double sum = 0.0;
    for (const Win &win : between(from, until)) sum += win.value;
    return sum;
}

}  // namespace pipeline_forecast::outlook
