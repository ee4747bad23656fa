// refresh: refreshes the materialized views.
#include "poller/jobs/registry.hpp"

namespace poller::jobs {
namespace {

class Refresh : public Handler {
public:
    explicit Refresh(const Services &services) : services_(services) {}

    awaitable<Outcome> run(const Job &, std::stop_token stop) override {
        co_await run_statement(services_.database, "CALL refresh_pipeline_views()", {}, stop);
        co_return Outcome::done("refreshed; refresh_log has the details");
    }

private:
    Services services_;
};

}  // namespace

std::unique_ptr<Handler> make_refresh(const Services &services) { return std::make_unique<Refresh>(services); }

}  // namespace poller::jobs
