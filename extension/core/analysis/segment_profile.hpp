// Everything that the analysis of a project needs to know of its segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
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
    struct Entry {
        std::uint32_t code;
        std::uint32_t won;
        std::uint32_t total;
    };

    WinRecords() = default;
    // by_code: ascending, each code once.
    explicit WinRecords(std::vector<Entry> by_code) : entries_(std::move(by_code)) {}

    // No wins of no projects where no entry has this code.
    [[nodiscard]] WinRecord of(std::uint32_t code) const noexcept;

private:
    std::vector<Entry> entries_;
};

// The enquiry values of a segment. A look-up costs O(log n).
class ValueRanks {
public:
    // Keys are in the order of the values.
    [[nodiscard]] static std::uint64_t key(Money value) noexcept;

    ValueRanks() = default;
    // keys: of the values, ascending.
    explicit ValueRanks(std::vector<std::uint64_t> keys);

    // Share of the positive values that do not exceed `value`; absent where there is no positive value.
    [[nodiscard]] std::optional<double> share_up_to(Money value) const noexcept;
    // Cents, over all values, zero and below included; absent without values.
    [[nodiscard]] std::optional<double> mean_cents() const noexcept { return mean_cents_; }

private:
    std::vector<std::uint64_t> positive_keys_;  // ascending
    std::optional<double> mean_cents_;
};

// What the analysis of one project takes from its segment.
struct SegmentFacts {
    OutcomeTally outcomes;
    GestationSummary gestation;
    std::optional<double> mean_value_cents;  // of the known enquiry values
    std::optional<double> value_share;       // of the positive ones, those that do not exceed the project's
    std::optional<WinRecord> account;        // of the project's account; absent where it has none
    std::optional<WinRecord> product_type;
};

// A segment, aggregated once and then shared by all its projects.
class SegmentProfile {
public:
    SegmentProfile(const ProjectSet &projects, std::span<const std::uint32_t> rows, const TimeWeighting &weighting);

    [[nodiscard]] const OutcomeTally &outcomes() const noexcept { return outcomes_; }
    [[nodiscard]] const GestationSummary &gestation() const noexcept { return gestation_; }
    // project: in the codes of the same set.
    [[nodiscard]] SegmentFacts facts_for(const CodedProject &project) const;

private:
    OutcomeTally outcomes_;
    GestationSummary gestation_;
    ValueRanks values_;  // the known ones
    WinRecords accounts_;
    WinRecords product_types_;
};

}  // namespace pipeline_forecast::analysis
