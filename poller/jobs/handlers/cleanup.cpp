// cleanup: removes old operational records in batches.
#include "poller/jobs/registry.hpp"

namespace poller::jobs {
namespace {

class Cleanup : public Handler {
public:
    explicit Cleanup(const Services &services) : services_(services) {}

    awaitable<Outcome> run(const Job &, std::stop_token stop) override {
        co_await run_statement(services_.database, "CALL cleanup_pipeline_records()", {}, stop);
        co_return Outcome::done("old records removed");
    }

private:
    Services services_;
};

}  // namespace

std::unique_ptr<Handler> make_cleanup(const Services &services) { return std::make_unique<Cleanup>(services); }

}  // namespace poller::jobs
