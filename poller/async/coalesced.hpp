// One question to the database for all who ask the same at the same time. Whoever asks while it is on its way waits for
// the next one, so that every answer is at least as new as the question: nothing is cached, and a crowd costs no more
// than a few.
#pragma once

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "poller/asio.hpp"
#include "poller/async/wakeup.hpp"

namespace poller {

// Outlives those who ask, unless the loop has stopped.
template <typename Key, typename Value>
class Coalesced {
public:
    using Load = std::function<awaitable<Value>(const Key &)>;

    explicit Coalesced(Load load) : load_(std::move(load)) {}
    Coalesced(const Coalesced &) = delete;
    Coalesced &operator=(const Coalesced &) = delete;

    // What load() returns or throws.
    [[nodiscard]] awaitable<Value> get(Key key) {
        auto [line, idle] = lines_.try_emplace(key);
        if (!line->second) line->second = std::make_shared<Round>();
        const std::shared_ptr<Round> round = line->second;
        if (idle) spawn(co_await asio::this_coro::executor, answer(std::move(key)));
        while (!round->done) co_await round->answered.wait();
        if (round->error) std::rethrow_exception(round->error);
        co_return *round->value;
    }

private:
    struct Round {
        bool done = false;
        std::optional<Value> value;
        std::exception_ptr error;
        Wakeup answered;
    };

    // Until nobody waits for this key any more.
    awaitable<void> answer(Key key) {
        while (true) {
            const auto line = lines_.find(key);
            const std::shared_ptr<Round> round = std::exchange(line->second, nullptr);
            if (!round) {
                lines_.erase(line);
                co_return;
            }
            try {
                round->value = co_await load_(key);
            } catch (...) {
                round->error = std::current_exception();
            }
            round->done = true;
            round->answered.wake_all();
        }
    }

    Load load_;
    std::map<Key, std::shared_ptr<Round>> lines_;  // by key: the round that has not begun, if somebody waits for it
};

}  // namespace poller
