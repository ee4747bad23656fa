// What the rates of winning and losing depend on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pipeline_forecast::outlook {

// In the order in which they are fitted.
enum class FactorKind : std::uint8_t {
    kStage,
    kStageAge,    // stage and days in it
    kChange,      // days since the last change
    kStatedDate,  // days after the stated date
    kPushes,      // how often the stated date moved to a later day
    kPercent,     // stated percent
    kType,
    kCategory,
    kValueBand,
    kOwner,
    kStageBand,  // stage and days after the landmark
};

inline constexpr std::size_t kFactors = 11;
inline constexpr std::array kFactorKinds{
    FactorKind::kStage,     FactorKind::kStageAge, FactorKind::kChange,    FactorKind::kStatedDate,
    FactorKind::kPushes,    FactorKind::kPercent,  FactorKind::kType,      FactorKind::kCategory,
    FactorKind::kValueBand, FactorKind::kOwner,    FactorKind::kStageBand,
};

// "stage", "stage x age", ...
[[nodiscard]] std::string_view factor_name(FactorKind kind) noexcept;

// A bin in words: "28 to 55 days", "15 to 44 days after", "none".
[[nodiscard]] std::string bin_label(FactorKind kind, int bin);

}  // namespace pipeline_forecast::outlook
