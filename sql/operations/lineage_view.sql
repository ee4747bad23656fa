-- Why is this project wrong? What happened to it last at each station, and the first thing that is not in order.
CREATE OR REPLACE VIEW pipeline.project_lineage AS
SELECT
    p.monday_id AS project_id,
    coalesce(nullif(p.project_name, ''), p.item_name) AS project_name,
    p.state,
    event.received_at AS last_event_at,
    event.event_type AS last_event_type,
    event.status AS last_event_status,
    event.error_message AS last_event_error,
    p.last_synced_at,
    p.monday_updated_at,
    synced.finished_at AS last_sync_job_at,
    synced.status AS last_sync_job_status,
    synced.detail AS last_sync_job_detail,
    a.analysis_timestamp AS analysed_at,
    a.llm_status,
    push.pushed_at,
    push.last_error AS push_error,
    open_job.jobs AS open_jobs,
    open_job.first->>'job_type' AS next_job_type,
    open_job.first->>'status' AS next_job_status,
    (open_job.first->>'run_at')::timestamptz AS next_job_due_at,
    open_job.first->>'detail' AS next_job_detail,
    failure.job_type AS last_failed_job_type,
    failure.finished_at AS last_failed_at,
    failure.detail AS last_failure,
    CASE
        WHEN p.state <> 'active'
            THEN format('The project is %s and is not forecast.', p.state)
        WHEN failure.is_unresolved
            THEN format('Job %s failed: %s', failure.job_type, failure.detail)
        WHEN (open_job.first->>'attempts')::integer > 0 AND open_job.first->>'status' = 'queued'
            THEN format('Job %s is tried again: %s', open_job.first->>'job_type',
                        coalesce(open_job.first->>'detail', 'its worker gave it back'))
        WHEN event.status = 'pending'
            THEN format('An event of type %s waits for its job.', event.event_type)
        WHEN open_job.jobs > 0
            THEN format('Job %s is %s.', open_job.first->>'job_type', open_job.first->>'status')
        WHEN a.project_id IS NULL
            THEN 'The project has not been analysed.'
        WHEN push.last_error IS NOT NULL
            THEN format('Its numbers could not be written back: %s', push.last_error)
    END AS finding
FROM projects p
LEFT JOIN analysis_results a ON a.project_id = p.monday_id
LEFT JOIN push_state push ON push.project_id = p.monday_id
LEFT JOIN LATERAL (
    SELECT e.received_at, e.event_type, e.status, e.error_message
    FROM webhook_event_job link
    JOIN webhook_events e ON e.id = link.event_id
    WHERE link.project_id = p.monday_id
    ORDER BY link.job_id DESC, link.event_id DESC
    LIMIT 1
) event ON true
LEFT JOIN LATERAL (
    SELECT f.finished_at, f.status, f.detail
    FROM job_queue_finished f
    WHERE f.project_id = p.monday_id AND f.job_type = 'rehydrate_and_analyze'
    ORDER BY f.finished_at DESC
    LIMIT 1
) synced ON true
LEFT JOIN LATERAL (
    -- What is running first, then what is due first.
    SELECT count(*) AS jobs,
        (array_agg(to_jsonb(o) ORDER BY o.status DESC, o.run_at, o.id))[1] AS first
    FROM (
        SELECT q.id, q.job_type, q.status, q.run_at, q.attempts, q.detail
        FROM job_queue_queued q WHERE q.dedupe_key = p.monday_id AND q.project_id = p.monday_id
        UNION ALL
        SELECT r.id, r.job_type, r.status, r.run_at, r.attempts, r.detail
        FROM job_queue_running r WHERE r.project_id = p.monday_id
    ) o
) open_job ON true
LEFT JOIN LATERAL (
    SELECT f.job_type, f.finished_at, f.detail,
        f.successor_id IS NULL AND NOT EXISTS (
            SELECT FROM job_queue_finished later
            WHERE later.project_id = p.monday_id AND later.job_type = f.job_type AND later.finished_at > f.finished_at
              AND later.status = 'completed') AS is_unresolved
    FROM job_queue_finished f
    WHERE f.project_id = p.monday_id AND f.status = 'failed'
    ORDER BY f.finished_at DESC
    LIMIT 1
) failure ON true;

COMMENT ON VIEW pipeline.project_lineage IS
    'Why is a project wrong? For each project its last webhook event, sync, analysis and push with their outcomes, its open jobs and its last failure; finding names the first thing that is not in order, and is NULL where everything is. Ask for one project_id: that is answered from indexes.';
