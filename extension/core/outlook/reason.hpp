// The steps of an explanation, in the order in which they are switched on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pipeline_forecast::outlook {

enum class Reason : std::uint8_t {
    kBase,
    kStage,
    kAge,
    kChange,
    kStatedDate,
    kPushes,
    kPercent,
    kType,
    kCategory,
    kValueBand,
    kOwner,
    kCalendar,
    kLevel,
};

inline constexpr std::size_t kReasons = 13;

// "base", "stage", "age in stage", ...
[[nodiscard]] std::string_view reason_name(Reason reason) noexcept;

}  // namespace pipeline_forecast::outlook
