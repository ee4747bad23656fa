// rehydrate_full: reads every item of every board.

#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/monday/flows/flows.hpp"

namespace poller::jobs {
namespace {

class RehydrateFull : public MondayHandler {
public:
    explicit RehydrateFull(const Services &services) : MondayHandler(services, kPatienceOfFlows) {}

protected:
    awaitable<std::string> work(const Job &job, monday::Client &client) override {
        monday::Flow flow{services_.database, client, trigger_of(job)};
        co_await monday::flows::read_everything(flow);
        co_return describe(client.usage());
    }
};

}  // namespace

std::unique_ptr<Handler> make_rehydrate_full(const Services &services) {
    return std::make_unique<RehydrateFull>(services);
}

}  // namespace poller::jobs
