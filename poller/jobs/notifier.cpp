#include "poller/jobs/notifier.hpp"

#include "poller/async/sleep.hpp"
#include "poller/errors.hpp"
#include "poller/log/log.hpp"

namespace poller::jobs {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLeastInterval{4};
// A notification need not outlive a crash, and must not make commits that do wait for one more write to the disk.
constexpr std::string_view kNotify =
    "SELECT set_config('synchronous_commit', 'off', true), pg_notify('pipeline_jobs', '')";

}  // namespace

void Notifier::notify() {
    if (!under_way_) {
        under_way_ = true;
        spawn(executor_, send());
    }
}

awaitable<void> Notifier::send() {
    if (const auto now = Clock::now(); now < next_) {
        co_await sleep_for(next_ - now);
    }
    next_ = Clock::now() + kLeastInterval;
    under_way_ = false;  // what is enqueued from here on needs a notification of its own
    try {
        static_cast<void>(co_await database_.query(kNotify));
    } catch (const Error &error) {
        log::debug("notification not sent", {{"error", error.what()}});
    }
}

}  // namespace poller::jobs
