#include "poller/metrics/round_trips.hpp"

namespace poller::metrics {

std::function<void(std::chrono::steady_clock::duration)> round_trip_observer(Registry &registry,
                                                                             const std::string &purpose) {
    Histogram &seconds =
        registry.histogram("pipeline_database_round_trip_seconds",
                           "Time from a statement to the end of its answer, by what the connection is for.",
                           seconds_bounds(), {{"purpose", purpose}});
    return [&seconds](std::chrono::steady_clock::duration duration) {
        seconds.observe(std::chrono::duration<double>(duration).count());
    };
}

}  // namespace poller::metrics
