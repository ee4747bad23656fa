// What is known of an open project at a moment, as a landmark or as the origin sees it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/outlook/history.hpp"

namespace pipeline_forecast::outlook {

struct OpenProject {
    std::uint32_t project = 0;  // of the history
    std::array<std::uint32_t, kSegments> segments{};
    double value = 0.0;
    double age = 0.0;          // days in its stage
    double change = 0.0;       // days since the last change
    double stated_date = 0.0;  // NaN: none
    double stated_percent = 0.0;
    std::uint32_t pushes = 0;

    [[nodiscard]] std::uint32_t code(Segment segment) const noexcept {
        return segments[static_cast<std::size_t>(segment)];
    }
};

}  // namespace pipeline_forecast::outlook
