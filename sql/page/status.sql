-- What the page shows of the work behind the forecast: whether all is in order, and what ran, came in and failed last.

CREATE FUNCTION pipeline_internal.schedule_as_known() RETURNS json
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET timezone = 'UTC'
AS $$
DECLARE
    answer json;
BEGIN
    SELECT json_agg(json_build_object(
        'job_name', s.job_name, 'schedule', s.schedule, 'active', s.active, 'last_run', s.last_run,
        'last_outcome', s.last_outcome, 'last_message', s.last_message, 'next_run', s.next_run, 'overdue', s.overdue)
        ORDER BY s.job_name)
    INTO answer
    FROM schedule_rows() s;
    RETURN coalesce(answer, '[]');
EXCEPTION WHEN insufficient_privilege OR object_not_in_prerequisite_state THEN
    -- Whoever may not read pg_cron, or has none, still knows what was scheduled.
    SELECT json_agg(json_build_object(
        'job_name', j.job_name, 'schedule', j.schedule, 'active', NULL, 'last_run', j.enqueued_at,
        'last_outcome', NULL, 'last_message', NULL, 'next_run', pipeline_cron_next(j.schedule, now()),
        'overdue', NULL) ORDER BY j.job_name)
    INTO answer
    FROM pipeline_job j;
    RETURN coalesce(answer, '[]');
END;
$$;
COMMENT ON FUNCTION pipeline_internal.schedule_as_known() IS
    'The scheduled jobs with what this role may know of their runs.';

CREATE FUNCTION pipeline_work.pipeline_status_document(
    max_queue_lag interval DEFAULT '10 minutes',
    max_board_age interval DEFAULT '3 hours',
    most integer DEFAULT 10
) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET timezone = 'UTC'
SET jit = off
AS $$
DECLARE
    schedule json;
BEGIN
    PERFORM require_layout();
    schedule := schedule_as_known();
    RETURN json_build_object(
        'checked_at', now(),
        'checks', (
            SELECT json_agg(json_build_object('name', c.check_name, 'ready', c.ready, 'detail', c.detail))
            FROM (
                SELECT * FROM pipeline_readiness(max_queue_lag, max_board_age)
                UNION ALL
                SELECT 'schedule', count(*) FILTER (WHERE late OR failed) = 0, CASE
                    WHEN count(*) = 0 THEN 'nothing is scheduled'
                    WHEN count(*) FILTER (WHERE late OR failed) = 0 THEN format('%s scheduled, none late or failed', count(*))
                    ELSE string_agg(format('%s %s', job_name, CASE WHEN late THEN 'is overdue' ELSE 'failed' END), '; ')
                        FILTER (WHERE late OR failed) END
                FROM (
                    SELECT j->>'job_name' AS job_name, coalesce((j->>'overdue')::boolean, false) AS late,
                           coalesce(j->>'last_outcome' = 'failed', false) AS failed
                    FROM json_array_elements(schedule) AS j
                ) job
                UNION ALL
                SELECT 'snapshot', coalesce(max(d.snapshot_date) >= pipeline_today() - 1, false),
                    coalesce('the latest is of ' || max(d.snapshot_date), 'none was taken yet')
                FROM pipeline_forecast_snapshot_day d
            ) c),
        'schedule', schedule,
        'queue', (
            SELECT coalesce(json_agg(json_build_object(
                'job_type', q.job_type, 'queued', q.queued, 'running', q.running, 'retrying', q.retrying,
                'oldest_due_seconds', q.oldest_due_seconds, 'completed_last_day', q.completed_last_day,
                'failed_last_day', q.failed_last_day, 'blocked_until', q.blocked_until,
                'blocked_because', q.blocked_because) ORDER BY q.job_type), '[]')
            FROM queue_health q WHERE q.job_type IS NOT NULL),
        'boards', (
            SELECT coalesce(json_agg(json_build_object(
                'board_id', b.board_id, 'board_name', b.board_name, 'role', b.role, 'last_sync', b.last_sync,
                'age_seconds', round(extract(epoch FROM b.age)), 'overdue', b.overdue) ORDER BY b.role, b.board_id), '[]')
            FROM data_freshness b),
        'flows', (
            SELECT coalesce(json_agg(json_build_object(
                'sync_type', s.sync_type, 'board_name', s.board_name, 'last_run', s.last_run, 'last_status', s.last_status,
                'last_success', s.last_success, 'failures_since_success', s.failures_since_success,
                'items_processed', s.items_processed, 'items_rejected', s.items_rejected)
                ORDER BY s.last_run DESC, s.sync_type), '[]')
            FROM sync_health s),
        'webhooks', (
            SELECT coalesce(json_agg(json_build_object(
                'received_at', e.received_at, 'event_type', e.event_type, 'board_id', e.board_id, 'item_id', e.item_id,
                'project_ids', coalesce(e.project_ids, '{}'), 'status', e.status, 'error_message', left(e.error_message, 500),
                'processing_time_ms', e.processing_time_ms) ORDER BY e.id DESC), '[]')
            FROM (SELECT * FROM webhook_events ORDER BY id DESC LIMIT most) e),
        'failures', (
            SELECT coalesce(json_agg(json_build_object(
                'failed_at', f.failed_at, 'what', f.what, 'project_id', f.project_id, 'detail', left(f.detail, 500))
                ORDER BY f.failed_at DESC), '[]')
            FROM (
                SELECT * FROM (
                    SELECT j.finished_at AS failed_at, format('job %s', j.job_type) AS what, j.project_id, j.detail
                    FROM job_queue_finished j
                    WHERE j.status = 'failed' AND j.finished_at > now() - interval '7 days'
                    UNION ALL
                    SELECT s.completed_at, format('sync %s', s.sync_type), NULL, s.error_message
                    FROM sync_log s
                    WHERE s.status = 'failed' AND s.started_at > now() - interval '7 days'
                    UNION ALL
                    SELECT r.started_at, format('refresh of %s', r.view_name), NULL, r.message
                    FROM refresh_log r
                    WHERE r.outcome = 'failed' AND r.started_at > now() - interval '7 days'
                ) recent
                ORDER BY recent.failed_at DESC NULLS LAST
                LIMIT most
            ) f));
END;
$$;
COMMENT ON FUNCTION pipeline_work.pipeline_status_document(interval, interval, integer) IS
    'How the work behind the forecast goes, as a JSON document: checks (those of pipeline_readiness(), the schedule, the latest snapshot), scheduled jobs, queue, boards, flows, the newest webhook events, and the newest failures of seven days. Outcomes of scheduled jobs are NULL for a role that may not read pg_cron.';
