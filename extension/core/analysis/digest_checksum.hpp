// Whether a digest is that of a set of projects, without comparing them one by one.
#pragma once

#include <cstdint>
#include <span>

#include "core/analysis/digest.hpp"
#include "core/analysis/project_set.hpp"

namespace pipeline_forecast::analysis {

// Equal if they agree, and as good as never equal if they do not. To be compared within one run of the program only.
[[nodiscard]] std::uint64_t digest_checksum(const ProjectSet &projects);
[[nodiscard]] std::uint64_t digest_checksum(std::span<const DigestPiece> pieces, const StageOutcomes &stages);

}  // namespace pipeline_forecast::analysis
