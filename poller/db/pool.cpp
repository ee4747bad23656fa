#include "poller/db/pool.hpp"

#include <fmt/format.h>

#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller::db {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{5000};

// The count of open connections includes the one that is being opened; gone again if that fails.
class Place {
public:
    explicit Place(int &count) : count_(&count) { ++*count_; }
    Place(const Place &) = delete;
    Place &operator=(const Place &) = delete;
    ~Place() {
        if (count_ != nullptr) {
            --*count_;
        }
    }
    void keep() { count_ = nullptr; }

private:
    int *count_;
};

}  // namespace

struct Pool::State {
    State(ConnectOptions connect_options, Limits pool_limits)
        : options(std::move(connect_options)), limits(pool_limits) {}

    ConnectOptions options;
    Limits limits;
    Backoff backoff{kFirstPause, kLongestPause};
    std::vector<std::unique_ptr<Connection>> idle;
    int open = 0;
    Wakeup returned;
    std::string unreachable;  // why, since the last failure to connect
    Clock::time_point next_attempt;
};

Pool::Lease::Lease(std::shared_ptr<State> state, std::unique_ptr<Connection> connection)
    : state_(std::move(state)), connection_(std::move(connection)) {}

Pool::Lease::~Lease() {
    if (!connection_) {
        return;  // moved from
    }
    if (connection_->reusable()) {
        state_->idle.push_back(std::move(connection_));
    } else {
        --state_->open;
    }
    state_->returned.wake_one();
}

Pool::Pool(ConnectOptions options, Limits limits) : state_(std::make_shared<State>(std::move(options), limits)) {}

int Pool::open_connections() const noexcept { return state_->open; }

int Pool::idle_connections() const noexcept { return static_cast<int>(state_->idle.size()); }

bool Pool::reachable() const noexcept { return state_->unreachable.empty(); }

awaitable<Pool::Lease> Pool::acquire() {
    const std::shared_ptr<State> state = state_;
    const auto deadline = Clock::now() + state->limits.wait;
    while (true) {
        while (!state->idle.empty()) {
            std::unique_ptr<Connection> connection = std::move(state->idle.back());
            state->idle.pop_back();
            if (connection->reusable()) {
                co_return Lease(state, std::move(connection));
            }
            --state->open;  // the server closed it meanwhile
        }
        if (state->open < state->limits.connections) {
            co_return Lease(state, co_await open(state));
        }
        const auto left = deadline - Clock::now();
        if (left <= Clock::duration::zero() || !co_await state->returned.wait_for(left)) {
            throw TransientError(
                fmt::format("all {} connections to the database are in use", state->limits.connections));
        }
    }
}

awaitable<std::unique_ptr<Connection>> Pool::open(std::shared_ptr<State> state) {
    if (!state->unreachable.empty() && Clock::now() < state->next_attempt) {
        throw TransientError(state->unreachable);
    }
    Place place(state->open);
    try {
        std::unique_ptr<Connection> connection = co_await Connection::open(state->options);
        place.keep();
        if (!state->unreachable.empty()) {
            log::info("database is back",
                      {{"application", state->options.application_name}, {"failures", state->backoff.failures()}});
        }
        state->unreachable.clear();
        state->backoff.reset();
        co_return connection;
    } catch (const Error &error) {
        if (state->unreachable.empty()) {
            log::error(
                "database cannot be reached",
                {{"application", state->options.application_name}, {"error", error.what()}, {"hint", error.hint()}});
        }
        state->unreachable = error.what();
        state->next_attempt = Clock::now() + state->backoff.next();
        state->returned.wake_one();
        throw;
    }
}

awaitable<Result> Pool::query(std::string_view statement, Params parameters) {
    const Lease connection = co_await acquire();
    co_return co_await connection->query(statement, std::move(parameters));
}

}  // namespace poller::db
