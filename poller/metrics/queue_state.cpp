#include "poller/metrics/queue_state.hpp"

#include "poller/errors.hpp"

namespace poller::metrics {
namespace {

struct GaugeFamily {
    const char *name;
    const char *help;
    const char *label;  // nullptr: none
};

constexpr GaugeFamily kFamilies[] = {
    {"pipeline_queue_waiting_jobs", "Jobs that wait, due or not.", "job_type"},
    {"pipeline_queue_running_jobs", "Jobs that are leased to a worker.", "job_type"},
    {"pipeline_queue_oldest_due_seconds", "How long the oldest due job has waited.", "job_type"},
    {"pipeline_queue_expired_leases", "Running jobs whose worker has not renewed its lease in time.", nullptr},
    {"pipeline_webhook_pending_events", "Webhook events whose jobs are not done.", nullptr},
    {"pipeline_webhook_oldest_pending_seconds", "How long the oldest of them has waited.", nullptr},
    {"pipeline_webhook_swept_events", "Events that were ever found without a job; should be 0.", nullptr},
    {"pipeline_provider_blocked_seconds", "How long a provider still wants to be left alone.", "provider"},
};

// One row per sample: family, label, value.
constexpr std::string_view kSamples = R"sql(
    WITH waiting AS (
        SELECT CASE WHEN q.job_type = ANY ($1::text[]) OR t.job_type IS NOT NULL THEN q.job_type ELSE 'other' END AS job_type,
            q.run_at, q.created_at
        FROM job_queue_queued q LEFT JOIN job_type t ON t.job_type = q.job_type
    ), running AS (
        SELECT CASE WHEN r.job_type = ANY ($1::text[]) OR t.job_type IS NOT NULL THEN r.job_type ELSE 'other' END AS job_type,
            r.lease_until
        FROM job_queue_running r LEFT JOIN job_type t ON t.job_type = r.job_type
    )
    SELECT 'pipeline_queue_waiting_jobs', job_type, count(*)::double precision FROM waiting GROUP BY job_type
    UNION ALL
    SELECT 'pipeline_queue_oldest_due_seconds', job_type,
        extract(epoch FROM clock_timestamp() - min(greatest(run_at, created_at)))::double precision
    FROM waiting WHERE run_at <= clock_timestamp() GROUP BY job_type
    UNION ALL
    SELECT 'pipeline_queue_running_jobs', job_type, count(*) FROM running GROUP BY job_type
    UNION ALL
    SELECT 'pipeline_queue_expired_leases', NULL, count(*) FILTER (WHERE lease_until < clock_timestamp()) FROM running
    UNION ALL
    SELECT 'pipeline_webhook_pending_events', NULL, count(*) FROM webhook_events WHERE status = 'pending'
    UNION ALL
    SELECT 'pipeline_webhook_oldest_pending_seconds', NULL,
        coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0) FROM webhook_events WHERE status = 'pending'
    UNION ALL
    SELECT 'pipeline_webhook_swept_events', NULL, events_swept FROM queue_upkeep
    UNION ALL
    SELECT 'pipeline_provider_blocked_seconds', g.provider,
        greatest(0, coalesce(extract(epoch FROM g.blocked_until - clock_timestamp()), 0))
    FROM provider_gate g WHERE g.provider IN (SELECT provider FROM job_type)
)sql";

const GaugeFamily *family_named(std::string_view name) {
    for (const GaugeFamily &family : kFamilies) {
        if (family.name == name) return &family;
    }
    return nullptr;
}

}  // namespace

awaitable<void> update_queue_metrics(Registry &registry, db::Pool &database,
                                     const std::vector<std::string> &known_types) {
    for (const GaugeFamily &family : kFamilies) registry.clear(family.name);
    Gauge &up = registry.gauge("pipeline_database_up", "1 where the database answers.");
    up.set(0);
    try {
        const db::Result samples = co_await database.query(kSamples, db::params(known_types));
        for (const db::Row sample : samples) {
            const GaugeFamily *family = family_named(sample[0].text());
            if (family == nullptr) continue;
            Labels labels;
            if (family->label != nullptr) labels.emplace_back(family->label, std::string(sample[1].text()));
            registry.gauge(family->name, family->help, std::move(labels)).set(sample[2].real());
        }
        up.set(1);
    } catch (const Error &) {
        // Said by the gauge; the pool has logged why.
    }
}

}  // namespace poller::metrics
