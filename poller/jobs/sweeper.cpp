#include "poller/jobs/sweeper.hpp"

#include "poller/async/backoff.hpp"
#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller::jobs {
namespace {

constexpr std::chrono::minutes kSweepInterval{1};

}  // namespace

awaitable<void> sweep_webhook_events(db::Pool &database, std::stop_token stop) {
    while (!stop.stop_requested()) {
        co_await sleep_for(jittered(kSweepInterval, 0.2), stop);
        if (stop.stop_requested()) {
            break;
        }
        try {
            const db::Result swept = co_await database.query("SELECT sweep_webhook_events()");
            if (swept[0][0].integer() > 0) {
                log::warning("webhook events without a job", {{"events", swept[0][0].text()}});
            }
        } catch (const Error &error) {
            log::debug("webhook events not swept", {{"error", error.what()}});
        }
    }
}

}  // namespace poller::jobs
