#include "poller/async/backoff.hpp"

#include <algorithm>

namespace poller {
namespace {

[[nodiscard]] std::minstd_rand seeded() { return std::minstd_rand(std::random_device{}()); }

}  // namespace

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest)
    : first_(first), longest_(longest), random_(seeded()) {}

std::chrono::milliseconds Backoff::next() {
    const int doublings = std::min(failures_++, 30);
    const auto ceiling = std::min(longest_.count(), first_.count() << doublings);
    return std::chrono::milliseconds(std::uniform_int_distribution<long>(0, ceiling)(random_));
}

std::chrono::milliseconds jittered(std::chrono::milliseconds duration, double part) {
    thread_local std::minstd_rand random = seeded();
    const double factor = std::uniform_real_distribution<double>(1 - part, 1 + part)(random);
    return std::chrono::milliseconds(static_cast<long>(static_cast<double>(duration.count()) * factor));
}

}  // namespace poller
