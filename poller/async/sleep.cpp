#include "poller/async/sleep.hpp"

namespace poller {

awaitable<void> sleep_for(std::chrono::steady_clock::duration duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    co_await timer.async_wait(use_awaitable);
}

awaitable<void> sleep_for(std::chrono::steady_clock::duration duration, std::stop_token stop) {
    if (stop.stop_requested()) {
        co_return;
    }
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    const std::stop_callback wake(stop, [&timer] { timer.cancel(); });
    error_code ignored;
    co_await timer.async_wait(into(ignored));
}

}  // namespace poller
