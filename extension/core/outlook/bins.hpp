// The one place with all edges: how days, percents and pushes become groups. A lower edge belongs to its bin.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace pipeline_forecast::outlook {

// Fine bins of days after a landmark: thirteen weeks, then ten times four of them.
inline constexpr std::size_t kFineBins = 23;
inline constexpr std::array<double, kFineBins + 1> kFineEdges{0,  7,  14,  21,  28,  35,  42,  49,  56,  63,  70,  77,
                                                              84, 91, 119, 147, 175, 203, 231, 259, 287, 315, 343, 371};
inline constexpr double kFineEnd = kFineEdges.back();

inline constexpr std::size_t kBands = 10;
inline constexpr std::array<double, kBands + 1> kBandEdges{0, 7, 14, 21, 28, 42, 56, 91, 147, 259, 371};

inline constexpr std::size_t kAgeBins = 7;
inline constexpr std::array<double, kAgeBins - 1> kAgeEdges{7, 14, 28, 56, 112, 224};

inline constexpr std::size_t kDateBins = 10;  // the last: no stated date
inline constexpr std::size_t kNoDate = kDateBins - 1;
inline constexpr std::array<double, kDateBins - 2> kDateEdges{-180, -90, -45, -15, 15, 45, 90, 180};

inline constexpr std::size_t kPushBins = 4;

inline constexpr std::size_t kPercentBins = 12;  // the last: no stated percent
inline constexpr std::size_t kNoPercent = kPercentBins - 1;
inline constexpr std::array<double, kPercentBins - 2> kPercentEdges{5, 15, 25, 35, 45, 55, 65, 75, 85, 95};

// How many of the ascending edges are at or below the value.
template <std::size_t count>
[[nodiscard]] constexpr std::size_t bin_of(double value, const std::array<double, count> &edges) noexcept {
    std::size_t bin = 0;
    while (bin < count && value >= edges[bin]) ++bin;
    return bin;
}

// The K band of so many days; the last holds all beyond.
[[nodiscard]] constexpr std::size_t band_of(double days) noexcept {
    std::size_t band = 0;
    while (band + 1 < kBands && days >= kBandEdges[band + 1]) ++band;
    return band;
}

[[nodiscard]] constexpr std::size_t age_bin(double days) noexcept { return bin_of(days, kAgeEdges); }

// NaN: none.
[[nodiscard]] inline std::size_t date_bin(double day, double stated_date) noexcept {
    return std::isnan(stated_date) ? kNoDate : bin_of(day - stated_date, kDateEdges);
}
[[nodiscard]] inline std::size_t percent_bin(double percent) noexcept {
    return std::isnan(percent) ? kNoPercent : bin_of(percent, kPercentEdges);
}
[[nodiscard]] constexpr std::size_t push_bin(std::size_t pushes) noexcept {
    return pushes < kPushBins ? pushes : kPushBins - 1;
}

}  // namespace pipeline_forecast::outlook
