// reconcile: compares every board with what is stored, and reads what differs.

#include "poller/jobs/outside_work.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/monday/flows/flows.hpp"

namespace poller::jobs {
namespace {

class Reconcile : public MondayHandler {
public:
    explicit Reconcile(const Services &services) : MondayHandler(services, kPatienceOfFlows) {}

protected:
    awaitable<std::string> work(const Job &job, monday::Client &client) override {
        monday::Flow flow{services_.database, client, trigger_of(job)};
        co_await monday::flows::reconcile(flow);
        co_return describe(client.usage());
    }
};

}  // namespace

std::unique_ptr<Handler> make_reconcile(const Services &services) { return std::make_unique<Reconcile>(services); }

}  // namespace poller::jobs
