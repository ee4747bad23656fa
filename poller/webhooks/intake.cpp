#include "poller/webhooks/intake.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"
#include "poller/http/server/response.hpp"
#include "poller/log/log.hpp"

namespace poller {
namespace {

constexpr std::string_view kRecord =
    "SELECT position, outcome FROM record_webhook_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

constexpr std::chrono::steady_clock::duration kLongestPatience = std::chrono::milliseconds(1);

// The data of one event is to blame, not the database or its state: class 22 and 23, limits of a value (54).
bool is_about_data(const PermanentError &error) {
    const std::string_view state = error.sqlstate();
    return state.starts_with("22") || state.starts_with("23") || state.starts_with("54");
}

std::optional<std::string_view> known(const std::string &text) {
    return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

WebhookIntake::Outcome outcome_of(std::string_view text) {
    if (text == "duplicate") return WebhookIntake::Outcome::kDuplicate;
    return text == "ignored" ? WebhookIntake::Outcome::kIgnored : WebhookIntake::Outcome::kStored;
}

http::HttpError come_back(std::string_view code, const std::string &detail) { return {503, code, detail}; }

}  // namespace

WebhookIntake::WebhookIntake(const asio::any_io_executor &executor, db::Pool &database, Limits limits,
                             metrics::Registry &registry, std::function<void()> stored)
    : executor_(executor),
      database_(database),
      limits_(limits),
      stored_(std::move(stored)),
      batch_size_(registry.histogram("pipeline_webhook_batch_events", "Webhook events that one commit stored.",
                                     {1, 2, 4, 8, 16, 32, 64, 128, 256})),
      commit_seconds_(registry.histogram("pipeline_webhook_commit_seconds",
                                         "Time that a commit of webhook events took.", metrics::seconds_bounds())),
      isolated_(
          registry.counter("pipeline_webhook_isolated_total",
                           "Webhook events that the database refused and that were stored as text by themselves.")) {}

awaitable<WebhookIntake::Outcome> WebhookIntake::store(Event event, std::string body, std::string client_address) {
    if (waiting_events_ >= limits_.waiting_events || waiting_bytes_ + body.size() > limits_.waiting_bytes) {
        throw come_back("overloaded", "too many events are waiting to be stored");
    }
    const std::shared_ptr<Batch> batch = batch_with_room(body.size());
    const std::size_t position = batch->items.size();
    ++waiting_events_;
    waiting_bytes_ += body.size();
    batch->bytes += body.size();
    batch->items.push_back({std::move(event), std::move(body), std::move(client_address)});
    if (!std::exchange(committing_, true)) spawn(executor_, commit_waiting());
    while (!batch->done) co_await batch->answered.wait();
    if (batch->items[position].failed) throw come_back("unavailable", "the event could not be stored at the moment");
    co_return batch->items[position].outcome;
}

std::shared_ptr<WebhookIntake::Batch> WebhookIntake::batch_with_room(std::size_t bytes) {
    const bool fits = !batches_.empty() && batches_.back()->items.size() < limits_.events_per_commit &&
                      batches_.back()->bytes + bytes <= limits_.bytes_per_commit;
    if (!fits) batches_.push_back(std::make_shared<Batch>());
    return batches_.back();
}

awaitable<void> WebhookIntake::commit_waiting() {
    while (!batches_.empty()) {
        const std::shared_ptr<Batch> batch = std::move(batches_.front());
        batches_.pop_front();
        const auto took = co_await commit(*batch);
        waiting_events_ -= batch->items.size();
        waiting_bytes_ -= batch->bytes;
        batch->done = true;
        batch->answered.wake_all();
        // Under load, who was just answered sends the next event at once: with a little patience it shares the next
        // commit.
        if (batch->items.size() > 1) co_await sleep_for(std::min(kLongestPatience, took / 8));
    }
    committing_ = false;
}

awaitable<std::chrono::steady_clock::duration> WebhookIntake::commit(Batch &batch) {
    const auto started = std::chrono::steady_clock::now();
    batch_size_.observe(static_cast<double>(batch.items.size()));
    // Twice, since the first attempt finds out whether the connection that was at hand still lives. What the first one
    // stored after all is a duplicate for the second.
    for (int attempts_left = 2; attempts_left > 0;) {
        try {
            co_await record(batch, 0, batch.items.size());
            break;
        } catch (const std::exception &error) {
            const bool again = dynamic_cast<const TransientError *>(&error) != nullptr;
            attempts_left = again ? attempts_left - 1 : 0;
            if (attempts_left > 0) continue;
            log::error("webhook events not stored", {{"events", batch.items.size()}, {"error", error.what()}});
            for (Item &item : batch.items) item.failed = true;
        }
    }
    const auto took = std::chrono::steady_clock::now() - started;
    commit_seconds_.observe(std::chrono::duration<double>(took).count());
    co_return took;
}

// Where the database refuses some event of several, halves are tried until that one stands alone.
awaitable<void> WebhookIntake::record(Batch &batch, std::size_t first, std::size_t last) {
    std::vector<std::string_view> keys;
    std::vector<std::optional<std::string_view>> subscriptions, boards, items, types, parents, columns, bodies, clients;
    std::vector<std::optional<std::string_view>> unreadable;
    for (std::size_t i = first; i < last; ++i) {
        const Item &item = batch.items[i];
        keys.emplace_back(item.event.key);
        subscriptions.push_back(known(item.event.subscription_id));
        boards.push_back(known(item.event.board_id));
        items.push_back(known(item.event.item_id));
        types.push_back(known(item.event.type));
        parents.push_back(known(item.event.parent_item_id));
        columns.push_back(known(item.event.column_id));
        clients.push_back(known(item.client_address));
        bodies.push_back(item.event.storable_as_json ? std::optional<std::string_view>(item.body) : std::nullopt);
        unreadable.push_back(item.event.storable_as_json ? std::nullopt : std::optional<std::string_view>(item.body));
    }
    std::string refusal;
    try {
        const db::Result rows = co_await database_.query(
            kRecord,
            db::params(keys, subscriptions, boards, items, types, parents, columns, bodies, clients, unreadable));
        bool something_to_do = false;
        for (const db::Row row : rows) {
            Item &item = batch.items[first + static_cast<std::size_t>(row[0].integer()) - 1];
            item.outcome = outcome_of(row[1].text());
            something_to_do |= item.outcome == Outcome::kStored;
        }
        if (something_to_do) stored_();
        co_return;
    } catch (const PermanentError &error) {
        if (!is_about_data(error)) throw;
        refusal = error.what();
    }
    if (last - first > 1) {
        const std::size_t middle = first + (last - first) / 2;
        co_await record(batch, first, middle);
        co_await record(batch, middle, last);
        co_return;
    }
    Item &item = batch.items[first];
    log::warning("webhook event refused by the database", {{"key", item.event.key}, {"error", refusal}});
    item.failed = !std::exchange(item.event.storable_as_json, false);
    if (item.failed) co_return;
    isolated_.add();
    co_await record(batch, first, last);
}

}  // namespace poller
