// The numeric analysis of projects: which segment a project belongs to, how long such projects take, how many of them
// are won, and a rating.
//
// For all projects: fill a ProjectSet with every active project, make one Engine, call analyze(row) for each.
// Segments are aggregated when the first project asks for them and kept, so a project costs O(log n).
//
// For one project: its segment lies within the projects that share its category (all projects where it has none).
// Fill the set with those; where the answer of select() says reads_global, add the others and make a new Engine.
// Results are the same to the last bit.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/analysis/config.hpp"
#include "core/analysis/conversion.hpp"
#include "core/analysis/gestation.hpp"
#include "core/analysis/project_set.hpp"
#include "core/analysis/rating.hpp"
#include "core/analysis/segment.hpp"
#include "core/analysis/segment_fields.hpp"
#include "core/analysis/segment_profile.hpp"
#include "core/analysis/time_weights.hpp"
#include "core/analysis/value_band.hpp"

namespace pipeline_forecast::analysis {

struct SegmentChoice {
    int tier = kGlobalTier;
    // The fields of the tier that the project has: these decide who belongs to the segment.
    FieldSet filter;
    std::size_t segment_size = 0;
    // The whole set is read too: the segment is small (fewer than 3 rows) or wide (tier 4 or 5).
    bool reads_global = true;
};

struct Analysis {
    SegmentChoice segment;
    std::optional<Day> oldest;  // date_created within the segment; absent where it is empty
    std::optional<Day> newest;
    std::optional<double> mean_value_cents;  // known enquiry values of the segment

    OutcomeTally outcomes;
    ConversionEstimate inclusive;
    ConversionEstimate closed_only;
    std::optional<ConversionPrior> prior;  // what closed_only was drawn to

    GestationBaseline gestation;
    bool gestation_is_global = false;  // the segment had no estimate, the whole set stands in

    ValueBand band = ValueBand::kZero;
    RatingInputs rating_inputs;
    Rating rating;
};

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
    [[nodiscard]] SegmentChoice select(const ProjectRow &project);

    // How the rows are weighted, "time_weighted_half_life_730d" or "unweighted".
    [[nodiscard]] std::string weighting() const { return weighting_label(rules_.weighting); }

private:
    struct Selection {
        SegmentChoice choice;
        Segment &segment;
    };

    [[nodiscard]] Selection select(const SegmentKey &key);
    [[nodiscard]] Analysis analyze(const CodedProject &project);

    const Config config_;
    const SegmentRules rules_;
    Segment everything_;  // within the look-back
};

}  // namespace pipeline_forecast::analysis
