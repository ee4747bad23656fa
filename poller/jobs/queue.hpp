// The queue in the database, as a worker uses it: one function call each.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "poller/asio.hpp"
#include "poller/db/pool.hpp"
#include "poller/jobs/job.hpp"

namespace poller::jobs {

// Jobs under their leases.
struct Leases {
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> tokens;
};

class Queue {
public:
    Queue(db::Pool &database, std::string worker, std::chrono::seconds lease);

    [[nodiscard]] std::chrono::seconds lease() const noexcept { return lease_; }
    [[nodiscard]] const std::string &worker() const noexcept { return worker_; }

    // Up to slots[i] jobs of types[i].
    [[nodiscard]] awaitable<std::vector<Job>> claim(const std::vector<std::string_view> &types,
                                                    const std::vector<int> &slots);
    // The ids that are still held; a missing one is lost. Likewise those that were finished, or given back.
    [[nodiscard]] awaitable<std::vector<std::int64_t>> renew(const Leases &held);
    [[nodiscard]] awaitable<std::vector<std::int64_t>> finish(const Leases &held,
                                                              const std::vector<std::string> &details);
    [[nodiscard]] awaitable<std::vector<std::int64_t>> give_back(const Leases &held);
    // For an outcome other than done. "queued", "failed" or "lost".
    [[nodiscard]] awaitable<std::string> put_off(const Job &job, const Outcome &outcome);

private:
    db::Pool &database_;
    std::string worker_;
    std::chrono::seconds lease_;
};

}  // namespace poller::jobs
