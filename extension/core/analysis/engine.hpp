// The numeric analysis of projects: which segment a project belongs to, how long such projects take, how many of them
// are won, and a rating.
//
// For all projects: fill a ProjectSet with every active project, make one Engine, call analyze(row) for each.
// Segments are aggregated when the first project asks for them and kept, so a project costs O(log n).
//
// For one project alone there is a shorter way: one_project.hpp.
#pragma once

#include <cstddef>
#include <string>

#include "core/analysis/analysis.hpp"
#include "core/analysis/config.hpp"
#include "core/analysis/project_set.hpp"
#include "core/analysis/segment.hpp"
#include "core/analysis/time_weights.hpp"

namespace pipeline_forecast::analysis {

class Engine {
public:
    // Reads `projects` as they are now; they must outlive the engine and stay as they are. Throws InputError (22023)
    // where the configuration is out of range.
    Engine(const ProjectSet &projects, Moment as_of, const Config &config = {});
    Engine(ProjectSet &&projects, Moment as_of, const Config &config = {}) = delete;
    // Segments refer to the rules within the engine.
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    // Project number `row` of the set. The analysed project belongs to its own segment like any other, provided that
    // its date lies within the look-back; without a date it is analysed but belongs to none.
    [[nodiscard]] Analysis analyze(std::size_t row);
    // Any project, whether or not the set holds it.
    [[nodiscard]] Analysis analyze(const ProjectRow &project);

    // How the rows are weighted, "time_weighted_half_life_730d" or "unweighted".
    [[nodiscard]] std::string weighting() const { return weighting_label(rules_.weighting); }

private:
    struct Selection {
        SegmentChoice choice;
        Segment &segment;
    };

    [[nodiscard]] Selection select(const SegmentKey &key);
    [[nodiscard]] Analysis analyze(const CodedProject &project);
    [[nodiscard]] WholeSet whole_set();

    const Config config_;
    const SegmentRules rules_;
    Segment everything_;  // within the look-back
};

}  // namespace pipeline_forecast::analysis
