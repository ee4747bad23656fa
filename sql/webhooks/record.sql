-- Webhook events: stored, mapped to the projects that they make dirty, and covered by jobs, all in one transaction.

CREATE FUNCTION pipeline_internal.is_storable_json(body text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM body::jsonb;
    RETURN true;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN false;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.is_storable_json(text) IS 'Whether jsonb can hold a text.';

CREATE FUNCTION pipeline_work.record_webhook_events(
    event_keys text[],
    subscription_ids text[],
    board_ids text[],
    item_ids text[],
    event_types text[],
    parent_item_ids text[],
    column_ids text[],
    bodies text[],
    client_ips text[],
    unreadable_bodies text[] DEFAULT NULL
) RETURNS TABLE("position" integer, outcome text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    payloads jsonb[];
    unreadable text[] := unreadable_bodies;
BEGIN
    PERFORM require_queue('record webhook events');
    PERFORM require_same_length('event_keys', cardinality(event_keys), given.name, given.length)
    FROM (VALUES
        ('subscription_ids', cardinality(subscription_ids)), ('board_ids', cardinality(board_ids)),
        ('item_ids', cardinality(item_ids)), ('event_types', cardinality(event_types)),
        ('parent_item_ids', cardinality(parent_item_ids)), ('column_ids', cardinality(column_ids)),
        ('bodies', cardinality(bodies)), ('client_ips', cardinality(client_ips)),
        ('unreadable_bodies', coalesce(cardinality(unreadable_bodies), cardinality(event_keys)))) AS given (name, length)
    WHERE (given.length = cardinality(event_keys)) IS NOT TRUE
    LIMIT 1;
    IF array_position(event_keys, NULL) IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = format('event key %s must not be null', array_position(event_keys, NULL)),
            HINT = 'Build the key from subscription and trigger id, else from a digest of the body and its time.';
    END IF;

    BEGIN
        payloads := bodies::jsonb[];
    EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
        -- A body that jsonb cannot hold is kept as text, and its neighbours as what they are.
        SELECT array_agg(CASE WHEN b.storable THEN b.body::jsonb END ORDER BY b.position),
            array_agg(CASE WHEN b.storable THEN b.unreadable ELSE b.body END ORDER BY b.position)
        INTO payloads, unreadable
        FROM (
            SELECT g.*, is_storable_json(g.body) AS storable
            FROM unnest(bodies, unreadable_bodies) WITH ORDINALITY AS g (body, unreadable, position)
        ) b;
    END;

    RETURN QUERY
    WITH incoming AS MATERIALIZED (
        SELECT g.*, m.project_ids, m.priority,
            CASE WHEN m.status = 'processed_with_warnings' AND g.body IS NULL THEN 'failed' ELSE m.status END AS status,
            m.message,
            -- Within one call, too, the first of several with one key is stored.
            row_number() OVER (PARTITION BY g.event_key ORDER BY g.position) = 1 AS is_first
        FROM unnest(event_keys, subscription_ids, board_ids, item_ids, event_types, payloads, unreadable, client_ips)
            WITH ORDINALITY AS g (event_key, subscription_id, board_id, item_id, event_type, body, unreadable, client_ip, position)
        JOIN map_webhook_events(event_types, board_ids, item_ids, parent_item_ids, column_ids, payloads) m
            ON m.position = g.position
    ), stored AS (
        -- Keys and projects in order, so that two calls at once lock what they share in one order.
        INSERT INTO webhook_events AS e
            (event_key, subscription_id, board_id, item_id, event_type, webhook_payload, unreadable_body, client_ip,
             status, error_message, processed_at, project_ids, open_jobs)
        SELECT i.event_key, i.subscription_id, i.board_id, i.item_id, i.event_type, i.body, i.unreadable,
            i.client_ip::inet, i.status, i.message, CASE WHEN i.status <> 'pending' THEN now() END, i.project_ids,
            coalesce(cardinality(i.project_ids), 0)
        FROM incoming i
        WHERE i.is_first
        ORDER BY i.event_key
        ON CONFLICT (event_key) DO NOTHING
        RETURNING e.id, e.event_key
    ), fresh AS MATERIALIZED (
        SELECT s.id, i.position, i.project_ids, i.priority, i.status
        FROM stored s
        JOIN incoming i ON i.event_key = s.event_key AND i.is_first
    ), dirty AS MATERIALIZED (
        SELECT p.project_id, f.id AS event_id, f.priority, 'webhook' AS trigger
        FROM fresh f
        CROSS JOIN unnest(f.project_ids) AS p (project_id)
    ),
@include webhooks/cover_events.sql@
    SELECT i.position::integer,
        CASE WHEN f.id IS NULL THEN 'duplicate' WHEN f.status = 'ignored' THEN 'ignored' ELSE 'stored' END
    FROM incoming i
    LEFT JOIN fresh f ON f.position = i.position
    ORDER BY i.position;

    IF 'delete_update' = ANY (event_types)
        OR EXISTS (SELECT FROM unnest(board_ids, column_ids) AS g (board_id, column_id)
                   JOIN monday_column own ON own.board_id = g.board_id AND own.column_id = g.column_id AND own.writable) THEN
        PERFORM note_foreign_edits(event_types, board_ids, item_ids, column_ids, payloads);
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_work.record_webhook_events(text[], text[], text[], text[], text[], text[], text[], text[], text[], text[]) IS
    'Stores webhook events and enqueues one rehydrate_and_analyze job for each project that they make dirty. One row per event, positions counted from 1: stored, duplicate (its key is known), ignored (stored; a change that the pipeline made itself, or a comment). A body that jsonb cannot hold is kept as text. Errors: 22004, 22023.';
