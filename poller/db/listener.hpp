// Listens on a channel of the database, on a connection of its own, for as long as the process runs.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "poller/async/backoff.hpp"
#include "poller/db/connection.hpp"

namespace poller::db {

// Notifications only save time: they are not kept for a listener that is away. What counts is looked up regularly.
class Listener {
public:
    // on_notification also runs after each new connection, since something may have been missed.
    Listener(ConnectOptions options, std::string channel, std::function<void()> on_notification);

    // Runs until stop().
    [[nodiscard]] awaitable<void> run();
    void stop();

private:
    awaitable<void> listen();

    ConnectOptions options_;
    std::string channel_;
    std::function<void()> on_notification_;
    std::unique_ptr<Connection> connection_;
    std::stop_source stop_;
    Backoff backoff_;
};

}  // namespace poller::db
