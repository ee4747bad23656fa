// Stores webhook events in groups: those that arrive while a commit runs share the next one. An event is answered for
// only after the transaction that holds it and its job is committed.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/async/wakeup.hpp"
#include "poller/db/pool.hpp"
#include "poller/metrics/registry.hpp"
#include "poller/webhooks/event.hpp"

namespace poller {

class WebhookIntake {
public:
    struct Limits {
        std::size_t events_per_commit = 256;
        std::size_t bytes_per_commit = 4 * 1024 * 1024;
        // What waits beyond these is turned away.
        std::size_t waiting_events = 4096;
        std::size_t waiting_bytes = 16 * 1024 * 1024;
    };
    enum class Outcome { kStored, kIgnored, kDuplicate };

    // stored: called after each commit that left something to do. The pool outlives the intake.
    WebhookIntake(const asio::any_io_executor &executor, db::Pool &database, Limits limits, metrics::Registry &registry,
                  std::function<void()> stored);

    // Returns after the commit. http::HttpError 503 where too much waits or the database does not answer: the event is
    // then the sender's to repeat, which does no harm if it was stored after all.
    [[nodiscard]] awaitable<Outcome> store(Event event, std::string body, std::string client_address);

    [[nodiscard]] std::size_t waiting() const { return waiting_events_; }

private:
    struct Item {
        Event event;
        std::string body;
        std::string client_address;
        Outcome outcome = Outcome::kStored;
        bool failed = false;
    };
    struct Batch {
        std::vector<Item> items;
        std::size_t bytes = 0;
        bool done = false;
        Wakeup answered;
    };

    [[nodiscard]] std::shared_ptr<Batch> batch_with_room(std::size_t bytes);
    awaitable<void> commit_waiting();
    // Returns how long it took.
    [[nodiscard]] awaitable<std::chrono::steady_clock::duration> commit(Batch &batch);
    awaitable<void> record(Batch &batch, std::size_t first, std::size_t last);

    asio::any_io_executor executor_;
    db::Pool &database_;
    Limits limits_;
    std::function<void()> stored_;
    std::deque<std::shared_ptr<Batch>> batches_;
    std::size_t waiting_events_ = 0;
    std::size_t waiting_bytes_ = 0;
    bool committing_ = false;

    metrics::Histogram &batch_size_;
    metrics::Histogram &commit_seconds_;
    metrics::Counter &isolated_;
};

}  // namespace poller
