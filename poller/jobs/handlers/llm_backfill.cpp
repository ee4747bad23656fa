// llm_backfill: enqueues the explanation of analyses that have none (payload: since_days, limit, throttle_ms, force).
#include <fmt/format.h>

#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"
#include "poller/llm/service.hpp"

namespace poller::jobs {
namespace {

class LlmBackfill : public Handler {
public:
    explicit LlmBackfill(const Services &services) : services_(services) {}

    awaitable<Outcome> run(const Job &job, std::stop_token stop) override {
        if (!llm::configured_service(services_.settings)) co_return Outcome::done("no language model is configured");
        const db::Params parameters =
            db::params(number_of(job, "since_days", 7, 0, 36500), number_of(job, "limit", 1000, 0, 1'000'000),
                       number_of(job, "throttle_ms", 350, 0, 3'600'000), flag_of(job, "force"));
        const db::Result enqueued =
            co_await run_statement(services_.database,
                                   "SELECT enqueue_llm_explanations(make_interval(days => $1), $2, make_interval(secs "
                                   "=> $3::double precision / 1000), $4)",
                                   parameters, stop);
        co_return Outcome::done(fmt::format("{} explanations enqueued", enqueued[0][0].text()));
    }

private:
    Services services_;
};

}  // namespace

std::unique_ptr<Handler> make_llm_backfill(const Services &services) { return std::make_unique<LlmBackfill>(services); }

}  // namespace poller::jobs
