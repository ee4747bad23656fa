-- How the system does: one row for each measure, so that new ones add rows and no columns.
CREATE OR REPLACE VIEW pipeline.system_performance AS
SELECT 'job' AS area, f.job_type AS name, m.measure, m.value, m.unit
FROM (
    SELECT job_type, count(*) AS runs, count(*) FILTER (WHERE status = 'failed') AS failed,
        percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (
            ORDER BY extract(epoch FROM finished_at - started_at)::double precision * 1000) AS ran,
        percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (
            ORDER BY extract(epoch FROM started_at - greatest(run_at, created_at))::double precision * 1000) AS waited
    FROM job_queue_finished
    WHERE finished_at > now() - interval '1 day'
    GROUP BY job_type
) f
CROSS JOIN LATERAL (VALUES
    ('runs', f.runs::numeric, 'last day'), ('failed', f.failed, 'last day'),
    ('duration p50', round(f.ran[1]::numeric, 3), 'ms'), ('duration p95', round(f.ran[2]::numeric, 3), 'ms'),
    ('duration max', round(f.ran[3]::numeric, 3), 'ms'),
    ('wait p50', round(f.waited[1]::numeric, 3), 'ms'), ('wait p95', round(f.waited[2]::numeric, 3), 'ms')
) AS m (measure, value, unit)
UNION ALL
SELECT 'refresh', r.view_name, m.measure, m.value, m.unit
FROM (
    SELECT view_name, count(*) AS runs, count(*) FILTER (WHERE outcome = 'failed') AS failed,
        percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (ORDER BY duration_ms::double precision) AS ran,
        (array_agg(row_count ORDER BY started_at DESC) FILTER (WHERE outcome = 'refreshed'))[1] AS row_count
    FROM refresh_log
    WHERE started_at > now() - interval '1 day'
    GROUP BY view_name
) r
CROSS JOIN LATERAL (VALUES
    ('runs', r.runs::numeric, 'last day'), ('failed', r.failed, 'last day'),
    ('duration p50', round(r.ran[1]::numeric, 3), 'ms'), ('duration p95', round(r.ran[2]::numeric, 3), 'ms'),
    ('duration max', round(r.ran[3]::numeric, 3), 'ms'), ('rows', r.row_count, 'rows')
) AS m (measure, value, unit)
UNION ALL
SELECT 'sync', s.sync_type, m.measure, m.value, m.unit
FROM (
    SELECT sync_type, count(*) AS runs, count(*) FILTER (WHERE status = 'failed') AS failed,
        percentile_cont(ARRAY[0.5, 1]) WITHIN GROUP (
            ORDER BY extract(epoch FROM completed_at - started_at)::double precision * 1000) AS ran,
        sum(items_processed) AS items, sum(items_rejected) AS rejected, sum(api_calls) AS api_calls
    FROM sync_log
    WHERE started_at > now() - interval '1 day'
    GROUP BY sync_type
) s
CROSS JOIN LATERAL (VALUES
    ('runs', s.runs::numeric, 'last day'), ('failed', s.failed, 'last day'),
    ('duration p50', round(s.ran[1]::numeric, 3), 'ms'), ('duration max', round(s.ran[2]::numeric, 3), 'ms'),
    ('items', s.items, 'last day'), ('items rejected', s.rejected, 'last day'), ('api calls', s.api_calls, 'last day')
) AS m (measure, value, unit)
UNION ALL
SELECT 'snapshot', 'latest day', m.measure, m.value, m.unit
FROM (SELECT * FROM pipeline_forecast_snapshot_day ORDER BY snapshot_date DESC LIMIT 1) d
CROSS JOIN LATERAL (VALUES
    ('rows', d.row_count::numeric, 'rows'),
    ('age', round(greatest(extract(epoch FROM now() - d.created_at), 0)::numeric, 0), 's')
) AS m (measure, value, unit)
UNION ALL
SELECT 'language model', l.provider, m.measure, m.value, m.unit
FROM (
    SELECT provider, count(*) AS calls, count(*) FILTER (WHERE outcome <> 'ok') AS not_ok,
        percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY duration_ms::double precision) AS took
    FROM llm_call
    WHERE started_at > now() - interval '1 day'
    GROUP BY provider
) l
CROSS JOIN LATERAL (VALUES
    ('calls', l.calls::numeric, 'last day'), ('without an answer', l.not_ok, 'last day'),
    ('duration p50', round(l.took[1]::numeric, 3), 'ms'), ('duration p95', round(l.took[2]::numeric, 3), 'ms')
) AS m (measure, value, unit)
UNION ALL
SELECT 'table', c.relname, m.measure, m.value, m.unit
FROM pg_class c
CROSS JOIN LATERAL (VALUES
    ('size', pg_total_relation_size(c.oid)::numeric, 'bytes'),
    ('live rows', pg_stat_get_live_tuples(c.oid), 'rows'),
    ('dead rows', pg_stat_get_dead_tuples(c.oid), 'rows'),
    ('since vacuum', round(extract(epoch FROM now() - greatest(
        pg_stat_get_last_autovacuum_time(c.oid), pg_stat_get_last_vacuum_time(c.oid)))::numeric, 0), 's')
) AS m (measure, value, unit)
WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace)
  AND c.relkind IN ('r', 'm')
  AND (c.relname IN (
        'projects', 'subitems', 'hidden_items', 'project_history', 'analysis_results', 'analysis_history', 'sync_log',
        'sync_reject', 'refresh_log', 'webhook_events', 'webhook_event_job', 'llm_call', 'push_state')
    OR c.relname ~ '^(job_queue_|pipeline_forecast_snapshot_|mv_pipeline_|conversion_metrics)')
UNION ALL
SELECT 'database', d.datname, m.measure, m.value, m.unit
FROM pg_stat_database d
CROSS JOIN LATERAL (VALUES
    ('size', pg_database_size(d.datid)::numeric, 'bytes'),
    ('cache hits', round(100.0 * d.blks_hit / nullif(d.blks_hit + d.blks_read, 0), 2), '%'),
    ('connections', d.numbackends, 'connections'),
    ('rollbacks', round(100.0 * d.xact_rollback / nullif(d.xact_commit + d.xact_rollback, 0), 2), '%'),
    ('deadlocks', d.deadlocks, 'since statistics were reset'),
    ('temporary files', d.temp_bytes, 'bytes')
) AS m (measure, value, unit)
WHERE d.datname = current_database();

COMMENT ON VIEW pipeline.system_performance IS
    'How the system does, one row for each measure: durations, waits and failures of jobs, refreshes, syncs and calls of language models within a day; the latest snapshot; size, dead rows and last vacuum of every table; cache hits, connections and deadlocks of the database.';
