// Everything that the analysis of a project needs to know of its segment, aggregated once and then shared by all
// projects of the segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/analysis/conversion.hpp"
#include "core/analysis/gestation.hpp"
#include "core/analysis/project_set.hpp"
#include "core/analysis/rating.hpp"
#include "core/analysis/sorted_keys.hpp"
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

struct SegmentProfile {
    OutcomeTally outcomes;
    GestationSummary gestation;
    ValueRanks values;  // the known ones
    WinRecords accounts;
    WinRecords product_types;
    std::optional<Day> oldest;  // date_created; absent where no row has one
    std::optional<Day> newest;
};

// Collects the projects of a segment. The order in which they come has no influence on the profile.
class SegmentProfileBuilder {
public:
    void add(const CodedProject &project);
    // Undoes the add() of an equal project, whichever came first.
    void remove(const CodedProject &project);

    void reserve(std::size_t projects);

    [[nodiscard]] SegmentProfile build(const TimeWeighting &weighting) &&;

private:
    template <typename Change>
    void change(const CodedProject &project, Change change);

    KeyBag outcomes_;
    KeyBag gestations_;
    KeyBag values_;
    KeyBag accounts_;
    KeyBag product_types_;
};

}  // namespace pipeline_forecast::analysis
