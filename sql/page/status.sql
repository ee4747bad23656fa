-- What the page shows of the work behind the forecast: whether all is in order, and what ran, came in and failed last.

CREATE FUNCTION pipeline_work.pipeline_status_document(
    max_queue_lag interval DEFAULT NULL,
    max_board_age interval DEFAULT NULL,
    most integer DEFAULT 10
) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET timezone = 'UTC'
SET jit = off
AS $$
DECLARE
    checks json := (
        SELECT json_agg(json_build_object(
            'name', c.check_name, 'ready', c.state <> 'bad', 'detail', c.detail, 'state', c.state, 'since', c.since))
        FROM pipeline_checks(max_queue_lag, max_board_age) c);
BEGIN
    -- Without the tables or their views the checks are all there is to say.
    IF (check_layout()).state = 'bad' THEN
        RETURN json_build_object(
            'checked_at', now(), 'checks', checks, 'schedule', '[]'::json, 'queue', '[]'::json, 'boards', '[]'::json,
            'flows', '[]'::json, 'webhooks', '[]'::json, 'failures', '[]'::json, 'notice', NULL);
    END IF;
    RETURN json_build_object(
        'checked_at', now(),
        'checks', checks,
        'schedule', schedule_as_known(),
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
                'age_seconds', round(extract(epoch FROM b.age)),
                'overdue', b.last_sync IS NULL OR b.last_sync < (board_limits(max_board_age)).late_before) ORDER BY b.role, b.board_id), '[]')
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
            -- Those that say something new: what the pipeline wrote itself comes back as an event, and is ignored. In a storm
            -- of these it does not look for others without end.
            FROM (
                SELECT * FROM (SELECT * FROM webhook_events ORDER BY id DESC LIMIT 1000) newest
                WHERE newest.status <> 'ignored' ORDER BY newest.id DESC LIMIT most
            ) e),
        'failures', (
            SELECT coalesce(json_agg(json_build_object(
                'failed_at', f.failed_at, 'what', f.what, 'project_id', f.project_id, 'detail', left(f.detail, 500))
                ORDER BY f.failed_at DESC), '[]')
            FROM (
                SELECT * FROM (
                    SELECT j.finished_at AS failed_at, format('job %s', j.job_type) AS what, j.project_id, j.detail
                    FROM job_queue_finished j
                    WHERE j.status = 'failed' AND j.successor_id IS NULL AND j.finished_at > now() - interval '7 days'
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
            ) f),
        'notice', nullif(pipeline_setting('notice'), ''));
END;
$$;
COMMENT ON FUNCTION pipeline_work.pipeline_status_document(interval, interval, integer) IS
    'How the work behind the forecast goes, as a JSON document: checks (those of pipeline_checks()), scheduled jobs, queue, boards, flows, the newest webhook events that were not ignored, the newest failures of seven days, and the setting notice. Outcomes of scheduled jobs are NULL for a role that may not read pg_cron. Where the layout is wrong, nothing but the checks.';
