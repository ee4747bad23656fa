// When each project was created, seen open, and ended, as it was known at the origin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/outlook/cause.hpp"
#include "core/outlook/history.hpp"

namespace pipeline_forecast::outlook {

enum class Ending : std::uint8_t {
    kOpen,  // has none: open at the origin, and counted as open throughout
    kWon,
    kLost,
    kGone,     // archived or deleted while open
    kUnknown,  // nothing recorded up to the origin
};

struct Life {
    double created = 0.0;
    double seen_open = 0.0;  // the first moment at which a version says so
    double end = std::numeric_limits<double>::infinity();
    Ending ending = Ending::kUnknown;
    double order_value = 0.0;  // of a win, as the newest version knows it
    double first_value = 0.0;
    std::uint32_t type = 0;  // of the first version

    [[nodiscard]] bool closed() const noexcept { return ending == Ending::kWon || ending == Ending::kLost; }
};

struct Lives {
    std::vector<Life> of{};  // by project of the history
    double origin = 0.0;
    double history_start = 0.0;
    double known_from = 0.0;   // h0
    std::size_t versions = 0;  // up to the origin

    // What ended before outcomes were known says nothing.
    [[nodiscard]] bool ended_known(const Life &life) const noexcept { return life.closed() && life.end >= known_from; }
};

// Reads the versions up to the origin. The two others are worked out where they are absent: history starts with its
// first version; outcomes are known from the first whole month on, or, if nothing ended in that month, from the month
// of the first end.
[[nodiscard]] Lives lives_at(const History &history, double origin, std::optional<double> history_start,
                             std::optional<double> known_from);

}  // namespace pipeline_forecast::outlook
