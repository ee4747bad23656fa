// What handlers have in common whose work calls other servers.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "poller/jobs/gathering.hpp"
#include "poller/jobs/handler.hpp"
#include "poller/monday/budget.hpp"
#include "poller/monday/client.hpp"

namespace poller::jobs {

// The outcome of work that returns what was done: a WaitError puts the job off, a ConfigError fails it.
[[nodiscard]] awaitable<Outcome> outcome_of(awaitable<std::string> work);

class MondayHandler : public Handler {
public:
    // Patience: how long one call may wait for limits and trouble; longer waits put the job off.
    // left_to_others: see monday::Budget.
    MondayHandler(const Services &services, std::chrono::milliseconds patience, double left_to_others = 0)
        : services_(services), budget_(services.database, left_to_others), patience_(patience) {}

    [[nodiscard]] awaitable<Outcome> run(const Job &job, std::stop_token stop) final;

protected:
    // Returns what was done.
    [[nodiscard]] virtual awaitable<std::string> work(const Job &job, monday::Client &client) = 0;

    Services services_;

private:
    [[nodiscard]] awaitable<std::string> work_with_client(const Job &job, std::stop_token stop);

    monday::Budget budget_;
    std::chrono::milliseconds patience_;
};

// The same for jobs that cost less together: those that come at the same time share their calls.
class GatheredMondayHandler : public Handler {
public:
    GatheredMondayHandler(const Services &services, std::size_t most, std::chrono::milliseconds patience,
                          double left_to_others = 0);

    [[nodiscard]] awaitable<Outcome> run(const Job &job, std::stop_token stop) final;

protected:
    // One result for each job. What it throws is the end of all of them.
    [[nodiscard]] virtual awaitable<std::vector<Gathering::Result>> work(const std::vector<Job> &jobs,
                                                                         monday::Client &client) = 0;

    Services services_;

private:
    [[nodiscard]] awaitable<std::vector<Gathering::Result>> work_with_client(std::vector<Job> jobs,
                                                                             std::stop_token stop);

    monday::Budget budget_;
    std::chrono::milliseconds patience_;
    Gathering gathering_;
};

// For flows that page through whole boards: a minute's limit is waited for, a day's is not.
inline constexpr std::chrono::milliseconds kPatienceOfFlows = std::chrono::minutes{5};
inline constexpr std::chrono::milliseconds kPatienceOfProjects = std::chrono::seconds{20};

// "webhook" and the like, from the payload of the job.
[[nodiscard]] std::string trigger_of(const Job &job);

// "12 calls"
[[nodiscard]] std::string describe(const monday::Usage &usage);

}  // namespace poller::jobs
