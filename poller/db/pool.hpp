// Connections that are opened when needed, at most so many, and shared by those who ask for one at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "poller/async/backoff.hpp"
#include "poller/async/wakeup.hpp"
#include "poller/db/connection.hpp"

namespace poller::db {

class Pool {
public:
    struct Limits {
        int connections = 4;
        // How long acquire() waits for one that is in use.
        std::chrono::milliseconds wait = std::chrono::seconds(5);
    };

    class Lease;

    Pool(ConnectOptions options, Limits limits);
    Pool(const Pool &) = delete;
    Pool &operator=(const Pool &) = delete;

    // TransientError if all stay in use too long, or the database cannot be reached. After a failure to connect there
    // is no new attempt for a moment (up to 5 s, growing with the failures); until then acquire() fails at once with
    // the same error, so that nobody waits for a database that is away.
    [[nodiscard]] awaitable<Lease> acquire();

    // One statement on a connection of its own choice.
    [[nodiscard]] awaitable<Result> query(std::string_view statement, Params parameters = {});

    // Counted for metrics.
    [[nodiscard]] int open_connections() const noexcept;
    [[nodiscard]] int idle_connections() const noexcept;
    // False from a failure to connect until the next success.
    [[nodiscard]] bool reachable() const noexcept;

private:
    struct State;

    static awaitable<std::unique_ptr<Connection>> open(std::shared_ptr<State> state);

    // Shared with the leases: when the process ends, what still runs is taken down after the pool.
    std::shared_ptr<State> state_;
};

// One connection for as long as the object lives; gives it back in whatever state it is.
class Pool::Lease {
public:
    Lease(std::shared_ptr<State> state, std::unique_ptr<Connection> connection);
    Lease(Lease &&) noexcept = default;
    Lease &operator=(Lease &&) = delete;
    ~Lease();

    Connection &operator*() const { return *connection_; }
    Connection *operator->() const { return connection_.get(); }

private:
    std::shared_ptr<State> state_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace poller::db
