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

    // One connection for as long as the object lives; gives it back in whatever state it is.
    class Lease {
    public:
        Lease(Pool &pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
        Lease(Lease &&) noexcept = default;
        Lease &operator=(Lease &&) = delete;
        ~Lease() {
            if (connection_) {
                pool_->give_back(std::move(connection_));
            }
        }

        Connection &operator*() const { return *connection_; }
        Connection *operator->() const { return connection_.get(); }

    private:
        Pool *pool_;
        std::unique_ptr<Connection> connection_;
    };

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
    [[nodiscard]] int open_connections() const noexcept { return open_; }
    [[nodiscard]] int idle_connections() const noexcept { return static_cast<int>(idle_.size()); }
    // False from a failure to connect until the next success.
    [[nodiscard]] bool reachable() const noexcept { return unreachable_.empty(); }

private:
    void give_back(std::unique_ptr<Connection> connection);
    awaitable<std::unique_ptr<Connection>> open();

    ConnectOptions options_;
    Limits limits_;
    std::vector<std::unique_ptr<Connection>> idle_;
    int open_ = 0;
    Wakeup returned_;
    Backoff backoff_;
    std::string unreachable_;
    std::chrono::steady_clock::time_point next_attempt_;
};

}  // namespace poller::db
