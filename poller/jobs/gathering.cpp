#include "poller/jobs/gathering.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <list>
#include <utility>

#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"

namespace poller::jobs {
namespace {

// How long the first one waits for company. Edits that belong together arrive within a moment.
constexpr std::chrono::milliseconds kGather{200};
// Of a job that was broken off on account of another one.
constexpr std::chrono::seconds kSoon{1};

}  // namespace

awaitable<std::string> Gathering::join(const Job &job, std::stop_token stop) {
    const auto place = std::make_shared<Place>();
    place->job = job;
    place->stop = std::move(stop);
    waiting_.push_back(place);
    if (!std::exchange(is_serving_, true)) {
        const auto executor = co_await asio::this_coro::executor;
        spawn(executor, serve());
    }
    while (!place->result) co_await place->ended.wait();
    if (place->result->failure) std::rethrow_exception(place->result->failure);
    co_return place->result->done;
}

awaitable<void> Gathering::serve() {
    while (!waiting_.empty()) {
        if (waiting_.size() < most_) co_await sleep_for(kGather);
        const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(most_, waiting_.size()));
        Places batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
        waiting_.erase(waiting_.begin(), end);
        co_await work_batch(std::move(batch));
    }
    is_serving_ = false;
}

awaitable<void> Gathering::work_batch(Places batch) {
    std::stop_source stop;
    const auto stop_all = [&stop] { stop.request_stop(); };
    std::list<std::stop_callback<decltype(stop_all)>> callbacks;
    std::vector<Job> jobs;
    for (const auto &place : batch) {
        callbacks.emplace_back(place->stop, stop_all);
        jobs.push_back(place->job);
    }
    std::vector<Result> results;
    std::exception_ptr failure;
    try {
        results = co_await work_(std::move(jobs), stop.get_token());
    } catch (...) {
        failure = std::current_exception();
    }
    if (stop.stop_requested() && failure) {
        failure = std::make_exception_ptr(WaitError(kSoon, "stopped with the jobs beside it"));
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
        batch[i]->result = failure ? Result{{}, failure} : std::move(results[i]);
        batch[i]->ended.wake_all();
    }
}

}  // namespace poller::jobs
