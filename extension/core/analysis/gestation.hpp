// Gestation baseline: how many days projects like this one take from the first design to the first invoice. It is the
// whole duration; nothing subtracts the age of a project.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/analysis/time_weights.hpp"
#include "core/calendar.hpp"

namespace pipeline_forecast::analysis {

// A valid duration is above 0, which means "not invoiced yet", and below what is taken for a typing error.
inline constexpr int kGestationTooLong = 1000;
// Fewer valid values say nothing.
inline constexpr std::size_t kSmallestSample = 3;
// Confidence of a baseline: so many values give all of the one part, values that do not differ all of the other.
inline constexpr double kFullSample = 30.0;
inline constexpr double kSampleSizeWeight = 0.7;
inline constexpr double kEvennessWeight = 0.3;

[[nodiscard]] bool is_valid_gestation(std::optional<int> days) noexcept;

struct GestationSample {
    int days = 0;
    std::optional<Day> created;
};

// A valid sample as a key; keys are in the order in which samples are aggregated: by days, and equal ones by weight,
// heaviest first, which is newest first with undated ones (as light as the lightest) last.
[[nodiscard]] std::uint64_t gestation_key(int days, std::optional<Day> created) noexcept;

// Whole days, rounded half to even. iqr is rounded from the unrounded difference, so it may differ from p75 - p25 by
// one.
struct GestationStatistics {
    int median = 0;
    int p25 = 0;
    int p75 = 0;
    int iqr = 0;
    int mean = 0;
    int standard_deviation = 0;
};

struct GestationBaseline {
    std::size_t sample_size = 0;                    // valid values
    double confidence = 0.0;                        // [0, 1], two decimals
    std::optional<GestationStatistics> statistics;  // absent below kSmallestSample valid values

    [[nodiscard]] std::optional<int> expected_days() const noexcept {
        return statistics ? std::optional(statistics->median) : std::nullopt;
    }
};

struct Quartiles {
    double first = 0.0;
    double third = 0.0;
};

struct GestationSummary {
    GestationBaseline baseline;
    // Type 7 without weights, unrounded, of the same valid values; present from one value on. The rating uses them.
    std::optional<Quartiles> unweighted_quartiles;
};

// Samples that are not valid are left out; weights are scaled over the valid ones. With weighting: weighted quantiles
// and the population form of the deviation. Without: type 7 quantiles, plain mean and the sample form (n - 1).
// Confidence = kSampleSizeWeight min(n / kFullSample, 1) + kEvennessWeight max(0, 1 - deviation / mean). The order of
// the samples does not matter.
[[nodiscard]] GestationSummary summarize_gestation(const std::vector<GestationSample> &samples,
                                                   const TimeWeighting &weighting);

// The same of samples as keys, ascending.
[[nodiscard]] GestationSummary summarize_gestation_keys(std::span<const std::uint64_t> keys,
                                                        const TimeWeighting &weighting);

}  // namespace pipeline_forecast::analysis
