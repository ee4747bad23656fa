-- The queue at a glance: one row for each type of job that is open or ended within a day, and one for all (job_type NULL).
CREATE OR REPLACE VIEW pipeline.queue_health AS
WITH open_jobs AS (
    SELECT q.job_type, 'queued' AS status, q.run_at, q.created_at, q.attempts, NULL::timestamptz AS started_at, NULL::timestamptz AS lease_until
    FROM job_queue_queued q
    UNION ALL
    SELECT r.job_type, 'running', r.run_at, r.created_at, r.attempts, r.started_at, r.lease_until
    FROM job_queue_running r
), open_by_type AS (
    SELECT job_type,
        count(*) FILTER (WHERE status = 'queued') AS queued,
        count(*) FILTER (WHERE status = 'queued' AND run_at <= now()) AS due,
        count(*) FILTER (WHERE status = 'queued' AND attempts > 0) AS retrying,
        min(greatest(run_at, created_at)) FILTER (WHERE status = 'queued' AND run_at <= now()) AS oldest_due,
        count(*) FILTER (WHERE status = 'running') AS running,
        count(*) FILTER (WHERE status = 'running' AND lease_until < now()) AS expired_leases,
        min(started_at) AS oldest_start
    FROM open_jobs
    GROUP BY GROUPING SETS ((job_type), ())
), ended_by_type AS (
    SELECT job_type,
        count(*) FILTER (WHERE status = 'completed') AS completed,
        -- Another job does the work of one with a successor.
        count(*) FILTER (WHERE status = 'failed' AND successor_id IS NULL) AS failed,
        count(*) FILTER (WHERE crashes > 0) AS crashed,
        max(finished_at) AS last_finished_at,
        (array_agg(detail ORDER BY finished_at DESC) FILTER (WHERE status = 'failed' AND successor_id IS NULL))[1] AS last_failure
    FROM job_queue_finished
    WHERE finished_at > now() - interval '1 day'
    GROUP BY GROUPING SETS ((job_type), ())
)
SELECT
    t.job_type,
    coalesce(o.queued, 0) AS queued,
    coalesce(o.due, 0) AS due,
    coalesce(o.retrying, 0) AS retrying,
    round(extract(epoch FROM now() - o.oldest_due)::numeric, 3) AS oldest_due_seconds,
    coalesce(o.running, 0) AS running,
    coalesce(o.expired_leases, 0) AS expired_leases,
    round(extract(epoch FROM now() - o.oldest_start)::numeric, 3) AS oldest_run_seconds,
    coalesce(e.completed, 0) AS completed_last_day,
    coalesce(e.failed, 0) AS failed_last_day,
    coalesce(e.crashed, 0) AS crashed_last_day,
    e.last_finished_at,
    e.last_failure,
    known.provider,
    CASE WHEN gate.blocked_until > now() THEN gate.blocked_until END AS blocked_until,
    CASE WHEN gate.blocked_until > now() THEN gate.reason END AS blocked_because,
    CASE WHEN t.job_type IS NULL THEN (SELECT u.events_swept FROM queue_upkeep u) END AS events_swept,
    CASE WHEN t.job_type IS NULL THEN
        pg_stat_get_dead_tuples('job_queue_queued'::regclass)
        + pg_stat_get_dead_tuples('job_queue_running'::regclass) END AS dead_rows,
    CASE WHEN t.job_type IS NULL THEN (
        SELECT round(extract(epoch FROM max(now() - a.xact_start))::numeric, 3)
        FROM pg_stat_activity a
        WHERE a.backend_xmin IS NOT NULL AND a.datname = current_database()) END AS oldest_snapshot_seconds
FROM (SELECT job_type FROM open_by_type UNION SELECT job_type FROM ended_by_type) t
LEFT JOIN open_by_type o ON o.job_type IS NOT DISTINCT FROM t.job_type
LEFT JOIN ended_by_type e ON e.job_type IS NOT DISTINCT FROM t.job_type
LEFT JOIN job_type known ON known.job_type = t.job_type
LEFT JOIN provider_gate gate ON gate.provider = known.provider;

COMMENT ON VIEW pipeline.queue_health IS
    'The queue by type of job, and as a whole in the row whose job_type is NULL: what is queued, due, being retried and running, leases that ran out, what ended within a day, and why the last one failed. The row for all also tells how many events the sweeper ever found, how many dead rows vacuum could not remove from the open part, and how old the oldest snapshot is that may hold it back.';
