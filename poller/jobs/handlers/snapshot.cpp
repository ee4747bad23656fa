// snapshot: stores the forecast of today, or of the payload's "snapshot_date", and removes expired snapshots.
#include <fmt/format.h>

#include "poller/jobs/payload.hpp"
#include "poller/jobs/registry.hpp"

namespace poller::jobs {
namespace {

class Snapshot : public Handler {
public:
    explicit Snapshot(const Services &services) : services_(services) {}

    awaitable<Outcome> run(const Job &job, std::stop_token stop) override {
        const std::optional<std::string> day = text_of(job, "snapshot_date");
        const db::Result result = co_await run_statement(
            services_.database,
            "SELECT date, inserted, deleted FROM run_daily_forecast_snapshot_maintenance(coalesce($1::date, pipeline_today()))",
            db::params(day), stop);
        co_return Outcome::done(fmt::format("snapshot of {}: {} rows, {} expired rows removed", result[0][0].text(),
                                            result[0][1].text(), result[0][2].text()));
    }

private:
    Services services_;
};

}  // namespace

std::unique_ptr<Handler> make_snapshot(const Services &services) { return std::make_unique<Snapshot>(services); }

}  // namespace poller::jobs
