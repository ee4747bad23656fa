// Everything that the analysis of a project needs to know of its segment, aggregated once and then shared by all
// projects of the segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/analysis/conversion.hpp"
#include "core/analysis/gestation.hpp"
#include "core/analysis/project_set.hpp"
#include "core/analysis/rating.hpp"
#include "core/analysis/time_weights.hpp"
#include "core/calendar.hpp"
#include "core/fixed_point.hpp"

namespace pipeline_forecast::analysis {

// Win records by the value of one field. A look-up costs O(log n).
class WinRecords {
public:
    struct Sample {
        std::uint32_t code;
        bool won;
    };

    WinRecords() = default;
    explicit WinRecords(std::vector<Sample> samples);

    // No wins of no projects where no sample has this code.
    [[nodiscard]] WinRecord of(std::uint32_t code) const noexcept;

private:
    struct Entry {
        std::uint32_t code;
        std::uint32_t won;
        std::uint32_t total;
    };
    std::vector<Entry> entries_;  // by code
};

// The enquiry values of a segment. A look-up costs O(log n).
class ValueRanks {
public:
    ValueRanks() = default;
    explicit ValueRanks(std::vector<Money> values);

    // Share of the positive values that do not exceed `value`; absent where there is no positive value.
    [[nodiscard]] std::optional<double> share_up_to(Money value) const noexcept;
    // Cents, over all values, zero and below included; absent without values.
    [[nodiscard]] std::optional<double> mean_cents() const noexcept { return mean_cents_; }

private:
    std::vector<std::int64_t> positive_cents_;  // ascending
    std::optional<double> mean_cents_;
};

struct SegmentProfile {
    SegmentProfile(const ProjectSet &projects, std::span<const std::uint32_t> rows, const TimeWeighting &weighting);

    OutcomeTally outcomes;
    GestationSummary gestation;
    ValueRanks values;  // the known ones
    WinRecords accounts;
    WinRecords product_types;
    std::optional<Day> oldest;  // date_created; absent where no row has one
    std::optional<Day> newest;
};

}  // namespace pipeline_forecast::analysis
