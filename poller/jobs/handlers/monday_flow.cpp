// Jobs that read from monday.com: each row of the table of flows is one (payload: days_back).
#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/monday/flows/scheduled.hpp"

namespace poller::jobs {
namespace {

using monday::flows::ScheduledFlow;

class FlowHandler : public MondayHandler {
public:
    FlowHandler(const ScheduledFlow &type, const Services &services)
        : MondayHandler(services, kPatienceOfFlows), type_(type) {}

protected:
    awaitable<std::string> work(const Job &job, monday::Client &client) override {
        const int days_back = number_of(job, "days_back", type_.days_back, 0, monday::flows::kMostDaysBack);
        monday::Flow flow{services_.database, client, trigger_of(job)};
        co_await type_.read(flow, type_.name, days_back);
        co_return describe(client.usage());
    }

private:
    const ScheduledFlow &type_;
};

}  // namespace

void add_monday_flows(std::vector<JobType> &types) {
    for (const ScheduledFlow &flow : monday::flows::scheduled_flows()) {
        // One at a time: two would read the same pages.
        types.push_back({flow.name, 1,
                         [&flow](const Services &services) { return std::make_unique<FlowHandler>(flow, services); }});
    }
}

}  // namespace poller::jobs
