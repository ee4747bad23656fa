// How many files and connections the process may have open at a time.
#pragma once

#include <cstddef>

namespace poller {

// Raises the soft limit to what is wanted, as far as the hard limit lets it. Returns the limit from then on.
[[nodiscard]] std::size_t raise_descriptor_limit(std::size_t wanted);

}  // namespace poller
