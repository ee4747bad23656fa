// What coroutines wait on until another part of the process has news for them: a condition variable without threads.
// A wake-up is not remembered: who waits checks a condition of its own before and after, in a loop.
#pragma once

#include <chrono>
#include <list>

#include "poller/asio.hpp"

namespace poller {

// Outlives those who wait on it, or the io_context has stopped.
class Wakeup {
public:
    // True if woken, false if the limit passed first.
    awaitable<bool> wait_for(std::chrono::steady_clock::duration limit);
    awaitable<void> wait();

    // In the order in which they came.
    void wake_one();
    void wake_all();

private:
    awaitable<bool> wait_until(std::chrono::steady_clock::time_point limit);

    std::list<asio::steady_timer *> waiting_;
};

}  // namespace poller
