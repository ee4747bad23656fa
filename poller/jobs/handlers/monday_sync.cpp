// monday_sync: enqueues a push for every project whose item differs from what belongs there.
#include <fmt/format.h>

#include "poller/jobs/registry.hpp"

namespace poller::jobs {
namespace {

class MondaySync : public Handler {
public:
    explicit MondaySync(const Services &services) : services_(services) {}

    awaitable<Outcome> run(const Job &, std::stop_token stop) override {
        if (services_.settings.monday_sync_dry_run) {
            const db::Result due =
                co_await run_statement(services_.database, "SELECT count(*) FROM monday_push_due()", {}, stop);
            co_return Outcome::done(fmt::format("dry run: {} items differ", due[0][0].text()));
        }
        const db::Result enqueued =
            co_await run_statement(services_.database, "SELECT enqueue_due_monday_pushes()", {}, stop);
        co_return Outcome::done(fmt::format("{} pushes enqueued", enqueued[0][0].text()));
    }

private:
    Services services_;
};

}  // namespace

std::unique_ptr<Handler> make_monday_sync(const Services &services) { return std::make_unique<MondaySync>(services); }

}  // namespace poller::jobs
