// What the analysis of one project finds, and how it follows from the profile of the project's segment.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "core/analysis/config.hpp"
#include "core/analysis/conversion.hpp"
#include "core/analysis/gestation.hpp"
#include "core/analysis/project_set.hpp"
#include "core/analysis/rating.hpp"
#include "core/analysis/segment_fields.hpp"
#include "core/analysis/segment_profile.hpp"
#include "core/analysis/value_band.hpp"

namespace pipeline_forecast::analysis {

// A segment from this tier on, and one with fewer rows, does not stand alone: the whole set is read too.
inline constexpr int kFirstWideTier = 4;
inline constexpr std::size_t kFewestRows = 3;

struct SegmentChoice {
    int tier = kGlobalTier;
    // The fields of the tier that the project has: these decide who belongs to the segment.
    FieldSet filter;
    std::size_t segment_size = 0;
    // The whole set is read too: the segment is small or wide.
    bool reads_global = true;
};

struct Analysis {
    Config config;  // that it was made with
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

[[nodiscard]] bool reads_global(int tier, std::size_t segment_size) noexcept;

// What is taken from the whole set where a segment does not stand alone; asked for only then.
struct WholeSet {
    std::function<std::optional<double>()> closed_win_rate;
    std::function<GestationBaseline()> gestation;
};

// facts: of the segment, for a project of this enquiry value.
[[nodiscard]] Analysis compose_analysis(const Config &config, std::optional<Money> new_enquiry_value,
                                        const SegmentChoice &segment, const SegmentFacts &facts, const WholeSet &whole);

}  // namespace pipeline_forecast::analysis
