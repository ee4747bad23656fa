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

std::string trigger_of(const Job &job) {
    const auto trigger = job.payload.find("trigger");
    return trigger != job.payload.end() && trigger->is_string() ? trigger->get<std::string>() : "job";
}

std::string describe(const monday::Usage &usage) {
    return fmt::format("{} {}", usage.calls, usage.calls == 1 ? "call" : "calls");
}

}  // namespace poller::jobs
