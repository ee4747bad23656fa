// A segment: the projects that agree in the values of some fields. Segments form a tree, in which each step down adds
// one field; a step is worked out when the first project needs it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/analysis/project_set.hpp"
#include "core/analysis/segment_fields.hpp"
#include "core/analysis/segment_profile.hpp"
#include "core/analysis/time_weights.hpp"

namespace pipeline_forecast::analysis {

// What all segments of a tree have in common.
struct SegmentRules {
    const ProjectSet &projects;
    TimeWeighting weighting;
    std::size_t minimum_rows;  // at least 1
};

class Segment {
public:
    // rows: numbers of projects of the set. The rules must outlive the segment.
    Segment(const SegmentRules &rules, std::vector<std::uint32_t> rows, FieldSet fields)
        : rules_(rules), rows_(std::move(rows)), fields_(fields) {}

    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    // The fields in whose values all its projects agree.
    [[nodiscard]] FieldSet fields() const noexcept { return fields_; }

    // The part of the segment with one value of one more field; null where fewer than minimum_rows rows have it.
    // Parts that small are not kept, so a tree takes memory for the rows of usable segments only. Projects that lack
    // the field are in no part. The first call for a field sorts the segment by it, O(n log n); then O(log n).
    [[nodiscard]] Segment *part(Field field, std::uint32_t code);

    // Aggregated in the first call.
    [[nodiscard]] const SegmentProfile &profile();

private:
    struct Part {
        std::uint32_t code;
        std::unique_ptr<Segment> segment;
    };

    [[nodiscard]] std::vector<Part> split_by(Field field) const;

    const SegmentRules &rules_;
    std::vector<std::uint32_t> rows_;
    FieldSet fields_;
    std::array<std::optional<std::vector<Part>>, kFields.size()> parts_;  // by field, each by code
    std::unique_ptr<SegmentProfile> profile_;
};

}  // namespace pipeline_forecast::analysis
