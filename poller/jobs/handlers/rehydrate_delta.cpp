// rehydrate_delta: reads what changed on the boards in the last days (payload: days_back, default 3).

#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/monday/flows/flows.hpp"

namespace poller::jobs {
namespace {

class RehydrateDelta : public MondayHandler {
public:
    explicit RehydrateDelta(const Services &services) : MondayHandler(services, kPatienceOfFlows) {}

protected:
    awaitable<std::string> work(const Job &job, monday::Client &client) override {
        const int days_back = number_of(job, "days_back", 3, 0, 3650);
        monday::Flow flow{services_.database, client, trigger_of(job)};
        co_await monday::flows::read_changes(flow, "rehydrate_delta", days_back);
        co_return describe(client.usage());
    }
};

}  // namespace

std::unique_ptr<Handler> make_rehydrate_delta(const Services &services) {
    return std::make_unique<RehydrateDelta>(services);
}

}  // namespace poller::jobs
