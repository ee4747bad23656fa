-- monday.com tells of a change before its API shows it. What was read too early is read again.

CREATE FUNCTION pipeline_work.await_monday_items(job_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    again bigint;
BEGIN
    PERFORM require_writable('enqueue reads');
    PERFORM require_layout();
    WITH job AS MATERIALIZED (
        SELECT r.id, r.project_id, r.payload,
            CASE WHEN jsonb_typeof(r.payload->'looks') = 'number' THEN (r.payload->>'looks')::numeric ELSE 0 END AS looks
        FROM job_queue_running r
        WHERE r.id = ANY (job_ids) AND r.project_id IS NOT NULL
    ),
    expected AS (
        SELECT j.id, e.item_id, (e.webhook_payload->'event'->>'changedAt')::numeric AS changed_at
        FROM job j
        JOIN webhook_event_job w ON w.project_id = j.project_id AND w.job_id = j.id
        JOIN webhook_events e ON e.id = w.event_id
        WHERE e.event_type = 'change_column_value' AND jsonb_typeof(e.webhook_payload->'event'->'changedAt') = 'number'
        UNION ALL
        SELECT j.id, a.key, a.value::numeric
        FROM job j
        CROSS JOIN LATERAL jsonb_each_text(
            CASE jsonb_typeof(j.payload->'awaits') WHEN 'object' THEN j.payload->'awaits' ELSE '{}' END) a
        WHERE a.value ~ '^[0-9]{1,15}([.][0-9]{1,9})?$'
    ),
    behind AS (
        SELECT x.id, x.item_id, max(x.changed_at) AS changed_at
        FROM expected x
        CROSS JOIN LATERAL (
            SELECT max(i.monday_updated_at) AS updated_at
            FROM (SELECT p.monday_updated_at FROM projects p WHERE p.monday_id = x.item_id
                  UNION ALL SELECT s.monday_updated_at FROM subitems s WHERE s.monday_id = x.item_id
                  UNION ALL SELECT h.monday_updated_at FROM hidden_items h WHERE h.monday_id = x.item_id) i
        ) stored
        -- Changes are dated by the second. A moment to come is no moment of monday.com's clock.
        WHERE extract(epoch FROM stored.updated_at) < floor(x.changed_at) - 1
          AND x.changed_at < extract(epoch FROM now()) + 60
        GROUP BY x.id, x.item_id
    )
    SELECT count(enqueue_job('rehydrate_and_analyze', due.project_id,
        payload => jsonb_build_object('trigger', 'webhook', 'looks', due.looks + 1, 'awaits', due.awaits),
        -- 5, 10 and 20 seconds later: monday.com takes up to 30.
        run_at => now() + make_interval(secs => (5 * 2 ^ due.looks)::double precision)))
    INTO again
    FROM (
        SELECT j.project_id, j.looks, jsonb_object_agg(b.item_id, b.changed_at) AS awaits
        FROM behind b
        JOIN job j ON j.id = b.id
        WHERE j.looks < 3
        GROUP BY j.id, j.project_id, j.looks
        ORDER BY j.project_id
    ) due;
    RETURN again;
END;
$$;
COMMENT ON FUNCTION pipeline_work.await_monday_items(bigint[]) IS
    'After running rehydrate_and_analyze jobs have read their projects: enqueues another read, up to three times, of those whose items are older than the changes that their webhook events tell of (changedAt). Returns their number.';
