// What coroutines wait on until another part of the process has news for them: a condition variable without threads.
// A wake-up is not remembered: who waits checks a condition of its own before and after, in a loop.
#pragma once

#include <chrono>
#include <list>
#include <memory>

#include "poller/asio.hpp"

namespace poller {

// Those who wait may be taken down at any time, also after the object: when the process ends, nobody wakes them.
class Wakeup {
public:
    // True if woken, false if the limit passed first.
    [[nodiscard]] awaitable<bool> wait_for(std::chrono::steady_clock::duration limit);
    [[nodiscard]] awaitable<void> wait();

    // In the order in which they came.
    void wake_one();
    void wake_all();

private:
    using Waiting = std::list<asio::steady_timer *>;  // null once woken

    static awaitable<bool> wait_until(std::shared_ptr<Waiting> waiting, std::chrono::steady_clock::time_point limit);

    std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();
};

}  // namespace poller
