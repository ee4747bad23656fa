// One project as time passes: what somebody who looks at it at a moment knows of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/outlook/history.hpp"
#include "core/outlook/open_project.hpp"

namespace pipeline_forecast::outlook {

class Observer {
public:
    // created: of the project, the moment from which its first stage counts.
    Observer(const History &history, std::uint32_t project, double created) noexcept;

    // Moments must not go back, nor lie before the first version.
    [[nodiscard]] OpenProject look(double moment) noexcept;

private:
    void advance(const StoredVersion &next) noexcept;

    std::span<const StoredVersion> versions_;
    std::size_t at_ = 0;  // the version that holds
    std::uint32_t project_;
    double stage_since_;
    double changed_;
    std::uint32_t pushes_ = 0;
};

}  // namespace pipeline_forecast::outlook
