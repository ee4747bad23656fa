#include "poller/async/wakeup.hpp"

namespace poller {

awaitable<bool> Wakeup::wait_until(std::chrono::steady_clock::time_point limit) {
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    const auto place = waiting_.insert(waiting_.end(), &timer);
    error_code woken;
    co_await timer.async_wait(into(woken));
    // Not by woken: the timer may have expired in the same moment in which it was cancelled.
    if (*place == nullptr) {
        waiting_.erase(place);
        co_return true;
    }
    waiting_.erase(place);
    co_return false;
}

awaitable<bool> Wakeup::wait_for(std::chrono::steady_clock::duration limit) {
    return wait_until(std::chrono::steady_clock::now() + limit);
}

awaitable<void> Wakeup::wait() { co_await wait_until(std::chrono::steady_clock::time_point::max()); }

void Wakeup::wake_one() {
    for (asio::steady_timer *&timer : waiting_) {
        if (timer != nullptr) {
            std::exchange(timer, nullptr)->cancel();
            return;
        }
    }
}

void Wakeup::wake_all() {
    for (asio::steady_timer *&timer : waiting_) {
        if (timer != nullptr) {
            std::exchange(timer, nullptr)->cancel();
        }
    }
}

}  // namespace poller
