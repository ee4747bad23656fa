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

Pool::Pool(ConnectOptions options, Limits limits)
    : options_(std::move(options)), limits_(limits), backoff_(kFirstPause, kLongestPause) {}

awaitable<Pool::Lease> Pool::acquire() {
    const auto deadline = Clock::now() + limits_.wait;
    while (true) {
        while (!idle_.empty()) {
            std::unique_ptr<Connection> connection = std::move(idle_.back());
            idle_.pop_back();
            if (connection->reusable()) {
                co_return Lease(*this, std::move(connection));
            }
            --open_;  // the server closed it meanwhile
        }
        if (open_ < limits_.connections) {
            co_return Lease(*this, co_await open());
        }
        const auto left = deadline - Clock::now();
        if (left <= Clock::duration::zero() || !co_await returned_.wait_for(left)) {
            throw TransientError(fmt::format("all {} connections to the database are in use", limits_.connections));
        }
    }
}

awaitable<std::unique_ptr<Connection>> Pool::open() {
    if (!unreachable_.empty() && Clock::now() < next_attempt_) {
        throw TransientError(unreachable_);
    }
    Place place(open_);
    try {
        std::unique_ptr<Connection> connection = co_await Connection::open(options_);
        place.keep();
        if (!unreachable_.empty()) {
            log::info("database is back",
                      {{"application", options_.application_name}, {"failures", backoff_.failures()}});
        }
        unreachable_.clear();
        backoff_.reset();
        co_return connection;
    } catch (const Error &error) {
        if (unreachable_.empty()) {
            log::error("database cannot be reached",
                       {{"application", options_.application_name}, {"error", error.what()}, {"hint", error.hint()}});
        }
        unreachable_ = error.what();
        next_attempt_ = Clock::now() + backoff_.next();
        returned_.wake_one();
        throw;
    }
}

awaitable<Result> Pool::query(std::string_view statement, Params parameters) {
    const Lease connection = co_await acquire();
    co_return co_await connection->query(statement, std::move(parameters));
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
    if (connection->reusable()) {
        idle_.push_back(std::move(connection));
    } else {
        --open_;
    }
    returned_.wake_one();
}

}  // namespace poller::db
