#include "poller/jobs/outside_work.hpp"

#include <fmt/format.h>

#include "poller/errors.hpp"
#include "poller/monday/account.hpp"

namespace poller::jobs {

awaitable<Outcome> outcome_of(awaitable<std::string> work) {
    try {
        co_return Outcome::done(co_await std::move(work));
    } catch (const WaitError &error) {
        co_return Outcome::wait(error.wait(), error.what());
    } catch (const ConfigError &error) {
        co_return Outcome::fail(error.what());
    }
}

awaitable<Outcome> MondayHandler::run(const Job &job, std::stop_token stop) {
    co_return co_await outcome_of(work_with_client(job, std::move(stop)));
}

awaitable<std::string> MondayHandler::work_with_client(const Job &job, std::stop_token stop) {
    monday::Client client(services_.http, budget_, monday::account_of(services_.settings), patience_, std::move(stop));
    co_return co_await work(job, client);
}

GatheredMondayHandler::GatheredMondayHandler(const Services &services, std::size_t most,
                                             std::chrono::milliseconds patience, double left_to_others)
    : services_(services),
      budget_(services.database, left_to_others),
      patience_(patience),
      gathering_(most, [this](std::vector<Job> jobs, std::stop_token stop) {
          return work_with_client(std::move(jobs), std::move(stop));
      }) {}

awaitable<Outcome> GatheredMondayHandler::run(const Job &job, std::stop_token stop) {
    co_return co_await outcome_of(gathering_.join(job, std::move(stop)));
}

awaitable<std::vector<Gathering::Result>> GatheredMondayHandler::work_with_client(std::vector<Job> jobs,
                                                                                  std::stop_token stop) {
    monday::Client client(services_.http, budget_, monday::account_of(services_.settings), patience_, std::move(stop));
    co_return co_await work(jobs, client);
}

std::string trigger_of(const Job &job) {
    const auto trigger = job.payload.find("trigger");
    return trigger != job.payload.end() && trigger->is_string() ? trigger->get<std::string>() : "job";
}

std::string describe(const monday::Usage &usage) {
    return fmt::format("{} {}", usage.calls, usage.calls == 1 ? "call" : "calls");
}

}  // namespace poller::jobs
