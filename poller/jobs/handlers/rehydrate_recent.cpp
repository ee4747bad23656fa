// rehydrate_recent: reads what changed in a broader window (payload: days_back, default 14), and what left the boards
// lately: the change feed of two days, since this runs several times a day.
#include <algorithm>

#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/monday/flows/flows.hpp"

namespace poller::jobs {
namespace {

class RehydrateRecent : public MondayHandler {
public:
    explicit RehydrateRecent(const Services &services) : MondayHandler(services, kPatienceOfFlows) {}

protected:
    awaitable<std::string> work(const Job &job, monday::Client &client) override {
        const int days_back = number_of(job, "days_back", 14, 0, 3650);
        monday::Flow flow{services_.database, client, trigger_of(job)};
        co_await monday::flows::read_changes(flow, "rehydrate_recent", days_back);
        co_await monday::flows::read_departures(flow, "rehydrate_recent", std::min(days_back, 2));
        co_return describe(client.usage());
    }
};

}  // namespace

std::unique_ptr<Handler> make_rehydrate_recent(const Services &services) {
    return std::make_unique<RehydrateRecent>(services);
}

}  // namespace poller::jobs
