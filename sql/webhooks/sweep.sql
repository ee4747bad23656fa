-- Events that are pending and have no job; there should be none.

CREATE FUNCTION pipeline_work.sweep_webhook_events() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    swept integer;
BEGIN
    PERFORM require_queue('sweep webhook events');
    -- Events that were not stored by record_webhook_events() are not mapped yet.
    WITH unmapped AS (
        SELECT array_agg(e.id) AS ids, array_agg(e.event_type) AS event_types, array_agg(e.board_id) AS board_ids,
            array_agg(e.item_id) AS item_ids,
            array_agg(e.webhook_payload->'event'->>'parentItemId') AS parent_item_ids,
            array_agg(e.webhook_payload->'event'->>'columnId') AS column_ids, array_agg(e.webhook_payload) AS bodies
        FROM (
            SELECT * FROM webhook_events e
            WHERE e.status = 'pending' AND e.project_ids IS NULL AND e.received_at < now() - interval '60 seconds'
            ORDER BY e.received_at
            LIMIT 10000
            FOR UPDATE SKIP LOCKED
        ) e
    )
    UPDATE webhook_events e
    SET project_ids = m.project_ids, status = m.status, error_message = m.message,
        processed_at = CASE WHEN m.status <> 'pending' THEN now() END
    FROM unmapped u
    CROSS JOIN map_webhook_events(u.event_types, u.board_ids, u.item_ids, u.parent_item_ids, u.column_ids,
                                               u.bodies) m
    WHERE e.id = u.ids[m.position];

    WITH lost AS MATERIALIZED (
        SELECT e.id, e.project_ids
        FROM webhook_events e
        WHERE e.status = 'pending' AND e.received_at < now() - interval '60 seconds'
          AND NOT EXISTS (
            SELECT FROM unnest(e.project_ids) AS p (project_id)
            JOIN job_queue_queued q
                ON q.job_type = 'rehydrate_and_analyze' AND q.dedupe_key = p.project_id)
          AND NOT EXISTS (
            SELECT FROM unnest(e.project_ids) AS p (project_id)
            JOIN job_queue_running r ON r.project_id = p.project_id AND r.job_type = 'rehydrate_and_analyze')
        ORDER BY e.received_at
        LIMIT 10000
        FOR UPDATE OF e SKIP LOCKED
    ), dirty AS MATERIALIZED (
        SELECT p.project_id, l.id AS event_id, 50 AS priority, 'sweeper' AS trigger
        FROM lost l
        CROSS JOIN unnest(l.project_ids) AS p (project_id)
    ), unlinked AS (
        DELETE FROM webhook_event_job link
        USING dirty d
        WHERE link.project_id = d.project_id AND link.event_id = d.event_id
    ),
@include webhooks/cover_events.sql@
    , counted AS (
        UPDATE webhook_events e
        SET open_jobs = cardinality(l.project_ids)
        FROM lost l WHERE e.id = l.id
        RETURNING e.id
    )
    SELECT count(*) INTO swept FROM counted;
    IF swept > 0 THEN
        UPDATE queue_upkeep SET events_swept = events_swept + swept;
    END IF;
    RETURN swept;
END;
$$;
COMMENT ON FUNCTION pipeline_work.sweep_webhook_events() IS
    'Enqueues jobs for events that have been pending for more than a minute and have none; returns how many events there were. Should be 0: an event is stored together with its job.';
