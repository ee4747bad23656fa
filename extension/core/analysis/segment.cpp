#include "core/analysis/segment.hpp"

#include <algorithm>

#include "core/analysis/sorted_keys.hpp"
#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {

std::vector<Segment::Part> Segment::split_by(Field field) const {
    std::vector<std::uint64_t> coded_rows;
    coded_rows.reserve(rows_.size());
    for_each_project(rules_.projects, rows_, [&](std::uint32_t row, const CodedProject &project) {
        const std::uint64_t code = project.key.code(field);
        if (code != SegmentKey::kMissing) coded_rows.push_back(code << 32 | row);
    });
    sort_keys(coded_rows);

    FieldSet fields = fields_;
    fields.insert(field);
    std::vector<Part> parts;
    for (auto begin = coded_rows.begin(); begin != coded_rows.end();) {
        const auto code = static_cast<std::uint32_t>(*begin >> 32);
        const auto end =
            std::find_if(begin, coded_rows.end(), [code](std::uint64_t coded) { return coded >> 32 != code; });
        if (static_cast<std::size_t>(end - begin) >= rules_.minimum_rows) {
            std::vector<std::uint32_t> rows(static_cast<std::size_t>(end - begin));
            std::transform(begin, end, rows.begin(),
                           [](std::uint64_t coded) { return static_cast<std::uint32_t>(coded); });
            parts.push_back({code, std::make_unique<Segment>(rules_, std::move(rows), fields)});
        }
        begin = end;
    }
    return parts;
}

Segment *Segment::part(Field field, std::uint32_t code) {
    std::optional<std::vector<Part>> &parts = parts_[static_cast<std::size_t>(field)];
    if (!parts) parts = split_by(field);
    const auto found = std::lower_bound(parts->begin(), parts->end(), code,
                                        [](const Part &part, std::uint32_t wanted) { return part.code < wanted; });
    return found != parts->end() && found->code == code ? found->segment.get() : nullptr;
}

const SegmentProfile &Segment::profile() {
    if (!profile_) {
        profile_ = std::make_unique<SegmentProfile>(rules_.projects, rows_, rules_.weighting);
    }
    return *profile_;
}

}  // namespace pipeline_forecast::analysis
