// Works the queue: claims jobs for free places, runs their handlers, keeps the leases alive, and says how each ended.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "poller/asio.hpp"
#include "poller/async/wakeup.hpp"
#include "poller/jobs/queue.hpp"
#include "poller/jobs/registry.hpp"

namespace poller::jobs {

// How one run ended; for metrics. The outcome is done, retried, waits or failed; returned if it was broken off because
// the process ends or its lease could not be kept; lost if another process has the job.
struct Run {
    std::string_view type;
    std::string_view outcome;
    std::chrono::steady_clock::duration duration;
    double waited_ms;  // from due to claimed
};

class Worker {
public:
    // The queue and what services refers to outlive the worker.
    Worker(const asio::any_io_executor &executor, Queue &queue, const Services &services,
           std::function<void(const Run &)> observe = {});
    Worker(const Worker &) = delete;
    Worker &operator=(const Worker &) = delete;
    ~Worker();

    // Starts to claim, until stop().
    void start();
    // There may be something to do: look now and not at the next poll.
    void wake();
    // Takes over POLLER_JOB_CONCURRENCY.
    void set_concurrency(const std::map<std::string, int> &concurrency);

    // Claims nothing more. What runs has that long to end; then it is broken off and given back to the queue.
    [[nodiscard]] awaitable<void> stop(std::chrono::steady_clock::duration grace);

    [[nodiscard]] std::size_t held() const noexcept { return held_.size(); }
    // By type, in the order of the registry.
    [[nodiscard]] std::vector<std::pair<std::string_view, int>> running() const;

private:
    struct Lane;
    struct Held;
    using HeldPtr = std::shared_ptr<Held>;

    awaitable<void> claim_jobs();
    awaitable<void> claim_once();
    awaitable<void> run_job(HeldPtr held);
    awaitable<Outcome> run_handler(const Held &held);
    awaitable<void> put_back(HeldPtr held, Outcome outcome);
    awaitable<void> store_results();
    awaitable<void> keep_leases();
    awaitable<void> renew();
    awaitable<void> watch_leases();
    awaitable<void> wait_until_released(std::chrono::steady_clock::time_point deadline);
    [[nodiscard]] Lane &lane_of(std::string_view type);
    // The last word on a job; it may be gone afterwards.
    void release(const Held &held, std::string_view outcome, std::string_view detail);

    asio::any_io_executor executor_;
    Queue &queue_;
    std::function<void(const Run &)> observe_;
    std::vector<Lane> lanes_;
    std::unordered_map<std::int64_t, HeldPtr> held_;
    std::vector<std::pair<HeldPtr, std::string>> done_;  // with their details, to be stored together
    Wakeup claim_;
    Wakeup results_;
    Wakeup leases_;
    Wakeup released_;
    bool woken_ = false;
    bool stopping_ = false;
};

}  // namespace poller::jobs
