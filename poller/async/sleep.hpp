// Waiting for time to pass.
#pragma once

#include <chrono>
#include <stop_token>

#include "poller/asio.hpp"

namespace poller {

awaitable<void> sleep_for(std::chrono::steady_clock::duration duration);

// Returns early when stop is requested.
awaitable<void> sleep_for(std::chrono::steady_clock::duration duration, std::stop_token stop);

}  // namespace poller
