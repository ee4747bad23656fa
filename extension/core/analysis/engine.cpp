#include "core/analysis/engine.hpp"

#include <algorithm>

#include "core/no_postgres.hpp"

namespace pipeline_forecast::analysis {
namespace {

std::vector<std::uint32_t> rows_since(const ProjectSet &projects, Day first_day) {
    std::vector<std::uint32_t> rows;
    for (std::size_t row = 0; row < projects.size(); ++row) {
        const std::optional<Day> created = projects[row].date_created;
        if (created && *created >= first_day) rows.push_back(static_cast<std::uint32_t>(row));
    }
    return rows;
}

}  // namespace

Engine::Engine(const ProjectSet &projects, Moment as_of, const Config &config)
    : config_(checked(config)),
      rules_{projects, weighting_of(config_, as_of), config_.segment_minimum},
      everything_(rules_, rows_since(projects, as_of.day - std::chrono::days{config_.look_back_days}), {}) {}

Analysis Engine::analyze(std::size_t row) { return analyze(rules_.projects[row]); }

Analysis Engine::analyze(const ProjectRow &project) { return analyze(rules_.projects.encode(project)); }

Engine::Selection Engine::select(const SegmentKey &key) {
    // From everything down. A segment holds the narrower ones, so the last that is large enough is also the first in
    // the order of the tiers. A missing field narrows nothing.
    Segment *segment = &everything_;
    int tier = kGlobalTier;
    while (tier > kNarrowestTier && segment->size() >= config_.segment_minimum) {
        const Field field = added_field(tier - 1);
        const std::uint32_t code = key.code(field);
        Segment *next = code == SegmentKey::kMissing ? segment : segment->part(field, code);
        if (next == nullptr) break;
        segment = next;
        --tier;
    }
    return {{tier, segment->fields(), segment->size(), reads_global(tier, segment->size())}, *segment};
}

Analysis Engine::analyze(const CodedProject &project) {
    const auto [choice, segment] = select(project.key);
    return compose_analysis(config_, project.new_enquiry_value, choice, segment.profile().facts_for(project),
                            whole_set());
}

WholeSet Engine::whole_set() {
    return {[this] { return everything_.profile().outcomes().closed_win_rate(); },
            [this] { return everything_.profile().gestation().baseline; }};
}

}  // namespace pipeline_forecast::analysis
