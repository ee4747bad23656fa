// How long to wait before trying again: exponential with full jitter, so that many who failed together do not come
// back together. Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#pragma once

#include <chrono>
#include <random>

namespace poller {

class Backoff {
public:
    Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest);

    // Uniform within 0 and first · 2ⁿ, at most longest; n counts the calls since reset().
    [[nodiscard]] std::chrono::milliseconds next();
    void reset() noexcept { failures_ = 0; }
    [[nodiscard]] int failures() const noexcept { return failures_; }

private:
    std::chrono::milliseconds first_;
    std::chrono::milliseconds longest_;
    int failures_ = 0;
    std::minstd_rand random_;
};

// The duration, longer or shorter by up to the given part of it.
[[nodiscard]] std::chrono::milliseconds jittered(std::chrono::milliseconds duration, double part);

}  // namespace poller
