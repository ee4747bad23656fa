    -- Each dirty project (project_id, event_id, priority, trigger) gets a job, or the one that waits is joined.
    jobs AS (
        INSERT INTO job_queue_queued AS waiting
            (id, job_type, project_id, payload, priority, dedupe_key, max_attempts)
        SELECT nextval('job_queue_id_seq'), 'rehydrate_and_analyze', d.project_id,
            jsonb_build_object('trigger', min(d.trigger)), min(d.priority), d.project_id,
            coalesce((SELECT t.max_attempts FROM job_type t WHERE t.job_type = 'rehydrate_and_analyze'), 10)
        FROM dirty d
        GROUP BY d.project_id
        ORDER BY d.project_id
@include queue/join_waiting.sql@
            -- A retry keeps its distance, however many events come in meanwhile.
            run_at = CASE WHEN waiting.attempts > 0 THEN waiting.run_at ELSE least(waiting.run_at, excluded.run_at) END
        RETURNING waiting.id, waiting.project_id
    ), covered AS (
        INSERT INTO webhook_event_job (project_id, job_id, event_id)
        SELECT d.project_id, j.id, d.event_id
        FROM dirty d
        JOIN jobs j ON j.project_id = d.project_id
    )
