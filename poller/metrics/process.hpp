// What the operating system knows about this process, under the names that are customary.
#pragma once

#include "poller/metrics/registry.hpp"

namespace poller::metrics {

// Reads it anew: resident memory, processor time, open descriptors, start.
void update_process_metrics(Registry &registry);

}  // namespace poller::metrics
