// The first bytes of what is stored: in which format it was written, and a checksum of the rest, by which damage is
// told before anything is believed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pipeline_forecast::analysis {

inline constexpr std::size_t kSealSize = 9;

// Fills the first kSealSize bytes, which were left for it.
[[nodiscard]] std::string sealed(std::string bytes);

// What is behind the seal. Throws InputError: XX001 where the checksum is another, 55000 where the format is.
[[nodiscard]] std::string_view unsealed(std::string_view bytes);

}  // namespace pipeline_forecast::analysis
