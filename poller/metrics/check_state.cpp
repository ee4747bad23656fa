#include "poller/metrics/check_state.hpp"

#include <string>

#include "poller/errors.hpp"

namespace poller::metrics {
namespace {

constexpr const char *kCheckState = "pipeline_check_state";

}  // namespace

awaitable<void> update_check_metrics(Registry &registry, db::Pool &database, Readiness::Limits limits) {
    registry.clear(kCheckState);
    try {
        const db::Result checks = co_await database.query(
            "SELECT check_name, array_position('{ok,warn,bad}', state) - 1"
            " FROM pipeline_checks(make_interval(secs => $1), make_interval(secs => $2))",
            db::params(limits.queue_lag.count(), limits.board_age.count()));
        for (const db::Row check : checks) {
            Labels labels;
            labels.emplace_back("check", std::string(check[0].text()));
            registry.gauge(kCheckState, "What pipeline_checks() says: 0 ok, 1 warn, 2 bad.", std::move(labels))
                .set(static_cast<double>(check[1].integer()));
        }
    } catch (const Error &) {
        // Said by pipeline_database_up; the pool has logged why.
    }
}

}  // namespace poller::metrics
