// Tells workers that jobs were enqueued: at once, and what follows within 4 ms together. Notifications take a lock that
// all commits of a busy database share, and each makes every worker look. The worker in this process hears it from the
// database as the others do.
#pragma once

#include <chrono>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"

namespace poller::jobs {

class Notifier {
public:
    // The pool outlives the notifier.
    Notifier(const asio::any_io_executor &executor, db::Pool &database) : executor_(executor), database_(database) {}
    Notifier(const Notifier &) = delete;
    Notifier &operator=(const Notifier &) = delete;

    // After the commit. Nothing is lost if the notification does not get through: workers look every second.
    void notify();

private:
    awaitable<void> send();

    asio::any_io_executor executor_;
    db::Pool &database_;
    std::chrono::steady_clock::time_point next_;
    bool under_way_ = false;
};

}  // namespace poller::jobs
