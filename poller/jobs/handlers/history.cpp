// history: reads the activity logs of all boards and makes the past of projects of them (payload: since).
#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/monday/flows/flows.hpp"

namespace poller::jobs {
namespace {

class HistoryHandler : public MondayHandler {
public:
    explicit HistoryHandler(const Services &services) : MondayHandler(services, kPatienceOfFlows) {}

protected:
    awaitable<std::string> work(const Job &job, monday::Client &client) override {
        monday::Flow flow{services_.database, client, trigger_of(job)};
        std::string since = text_of(job, "since").value_or("");
        co_await monday::flows::read_history(flow, std::move(since));
        co_return describe(client.usage());
    }
};

}  // namespace

std::unique_ptr<Handler> make_history(const Services &services) { return std::make_unique<HistoryHandler>(services); }

}  // namespace poller::jobs
