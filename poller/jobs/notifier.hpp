// Tells workers that jobs were enqueued, at most once in 20 ms: notifications take a lock that all commits of a busy
// database share.
#pragma once

#include <chrono>
#include <functional>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"

namespace poller::jobs {

class Notifier {
public:
    // wake_own reaches the worker in this process, without a detour. The pool outlives the notifier.
    Notifier(const asio::any_io_executor &executor, db::Pool &database, std::function<void()> wake_own);
    Notifier(const Notifier &) = delete;
    Notifier &operator=(const Notifier &) = delete;

    // After the commit. Nothing is lost if the notification does not get through: workers look every second.
    void notify();

private:
    awaitable<void> send();

    asio::any_io_executor executor_;
    db::Pool &database_;
    std::function<void()> wake_own_;
    std::chrono::steady_clock::time_point next_;
    bool under_way_ = false;
};

}  // namespace poller::jobs
