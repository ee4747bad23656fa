#include "poller/db/listener.hpp"

#include <fmt/format.h>

#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller::db {

Listener::Listener(ConnectOptions options, std::string channel, std::function<void()> on_notification)
    : options_(std::move(options)),
      channel_(std::move(channel)),
      on_notification_(std::move(on_notification)),
      backoff_(std::chrono::milliseconds(100), std::chrono::seconds(5)) {}

awaitable<void> Listener::listen() {
    connection_ = co_await Connection::open(options_);
    co_await connection_->execute(fmt::format("LISTEN {}", channel_));
    backoff_.reset();
    on_notification_();
    while (true) {
        co_await connection_->notification();
        on_notification_();
    }
}

awaitable<void> Listener::run() {
    while (!stop_.stop_requested()) {
        try {
            co_await listen();
        } catch (const Error &error) {
            if (!stop_.stop_requested()) {
                log::warning("not listening", {{"channel", channel_}, {"error", error.what()}});
            }
        }
        connection_.reset();
        co_await sleep_for(backoff_.next(), stop_.get_token());
    }
}

void Listener::stop() {
    stop_.request_stop();
    if (connection_) {
        connection_->abort();
    }
}

}  // namespace poller::db
