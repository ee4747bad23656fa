// What was won when.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/outlook/lives.hpp"

namespace pipeline_forecast::outlook {

struct Win {
    double moment = 0.0;
    double value = 0.0;
};

// Wins since outcomes are known, by moment.
class Wins {
public:
    explicit Wins(const Lives &lives);

    // Those of [from, until).
    [[nodiscard]] std::span<const Win> between(double from, double until) const noexcept;
    [[nodiscard]] double value_between(double from, double until) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return wins_.size(); }

private:
    std::vector<Win> wins_;
};

}  // namespace pipeline_forecast::outlook
