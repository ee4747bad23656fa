// Jobs that come at the same time, worked together: a bulk edit of twenty items is one read, not twenty.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "poller/asio.hpp"
#include "poller/async/wakeup.hpp"
#include "poller/jobs/job.hpp"

namespace poller::jobs {

// Outlives those who join, unless the loop has stopped. One batch is worked at a time; whoever comes meanwhile is in
// the next one.
class Gathering {
public:
    struct Result {
        std::string done;
        std::exception_ptr failure;  // null where it went well
    };
    // One result for each job; stop is requested as soon as one of them has to stop.
    using Work = std::function<awaitable<std::vector<Result>>(std::vector<Job>, std::stop_token)>;

    Gathering(std::size_t most, Work work) : most_(most), work_(std::move(work)) {}
    Gathering(const Gathering &) = delete;
    Gathering &operator=(const Gathering &) = delete;

    // What the work says of this job, or throws.
    [[nodiscard]] awaitable<std::string> join(const Job &job, std::stop_token stop);

private:
    struct Place {
        Job job;
        std::stop_token stop;
        std::optional<Result> result;
        Wakeup ended;
    };
    using Places = std::vector<std::shared_ptr<Place>>;

    // Until nobody waits any more.
    awaitable<void> serve();
    awaitable<void> work_batch(Places batch);

    std::size_t most_;
    Work work_;
    Places waiting_;
    bool is_serving_ = false;
};

}  // namespace poller::jobs
