#include "poller/async/wakeup.hpp"

namespace poller {
namespace {

// A place in the line, for as long as the object lives.
class Place {
public:
    Place(std::list<asio::steady_timer *> &line, asio::steady_timer &timer)
        : line_(line), place_(line.insert(line.end(), &timer)) {}
    Place(const Place &) = delete;
    Place &operator=(const Place &) = delete;
    ~Place() { line_.erase(place_); }

    [[nodiscard]] bool woken() const { return *place_ == nullptr; }

private:
    std::list<asio::steady_timer *> &line_;
    std::list<asio::steady_timer *>::iterator place_;
};

}  // namespace

awaitable<bool> Wakeup::wait_until(std::shared_ptr<Waiting> waiting, std::chrono::steady_clock::time_point limit) {
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    const Place place(*waiting, timer);
    error_code ignored;
    co_await timer.async_wait(into(ignored));
    // Not by the error: the timer may have expired in the same moment in which it was cancelled.
    co_return place.woken();
}

awaitable<bool> Wakeup::wait_for(std::chrono::steady_clock::duration limit) {
    return wait_until(waiting_, std::chrono::steady_clock::now() + limit);
}

awaitable<void> Wakeup::wait() { co_await wait_until(waiting_, std::chrono::steady_clock::time_point::max()); }

void Wakeup::wake_one() {
    for (asio::steady_timer *&timer : *waiting_) {
        if (timer != nullptr) {
            std::exchange(timer, nullptr)->cancel();
            return;
        }
    }
}

void Wakeup::wake_all() {
    for (asio::steady_timer *&timer : *waiting_) {
        if (timer != nullptr) {
            std::exchange(timer, nullptr)->cancel();
        }
    }
}

}  // namespace poller
