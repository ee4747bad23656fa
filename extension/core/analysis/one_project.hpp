// The analysis of one project, from the digest of the pipeline: two passes over its pieces, whatever the tier. The
// result is that of an Engine over the same projects, to the last bit.
#pragma once

#include <span>

#include "core/analysis/analysis.hpp"
#include "core/analysis/digest.hpp"
#include "core/analysis/time_weights.hpp"

namespace pipeline_forecast::analysis {

struct OneProject {
    Analysis analysis;
    // Whether the project itself is in the digest. Every project of the pipeline must be; where it is not, the digest
    // missed a change, and the analysis is worth nothing.
    bool is_counted = false;
};

// Throws InputError (22023) where the configuration is out of range.
[[nodiscard]] OneProject analyze_one(const ProjectRow &project, std::span<const DigestPiece> pieces,
                                     const StageOutcomes &stages, Moment as_of, const Config &config = {});

}  // namespace pipeline_forecast::analysis
