// How many statements go to the database, and how long they take.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "poller/metrics/registry.hpp"

namespace poller::metrics {

// For the connections of one purpose. The registry outlives it.
[[nodiscard]] std::function<void(std::chrono::steady_clock::duration)> round_trip_observer(Registry &registry,
                                                                                           const std::string &purpose);

}  // namespace poller::metrics
