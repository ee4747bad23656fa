-- Webhook events: stored, mapped to the projects that they make dirty, and covered by jobs, all in one transaction.

-- Called many times a second, mostly for events of projects' boards. What only other events need lies in functions that
-- are called for those alone: every query in a statement costs time to prepare, even where nothing is asked of it.

CREATE FUNCTION pipeline_internal.board_role_of_event(
    event_type text, parent_item_id text, body jsonb
) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    -- The board of the subitems need not be configured where the event names their parents' board.
    IF EXISTS (
        SELECT FROM monday_board parent
        WHERE parent.role = 'parent' AND parent.is_active
          AND (parent_item_id IS NOT NULL AND parent.board_id = coalesce(body->>'parentItemBoardId', body->>'parentBoardId')
               OR event_type = 'move_subitem' AND parent.board_id IN (body->>'sourceBoardId', body->>'destBoardId'))
    ) THEN
        RETURN 'subitem';
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.board_role_of_event(text, text, jsonb) IS
    'The role of a board that is not configured, as the event tells it; NULL where it does not.';

CREATE FUNCTION pipeline_internal.projects_of_event(
    role text, event_type text, item_id text, parent_item_id text, body jsonb
) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF role IS NULL THEN
        RETURN '{}';
    ELSIF event_type = 'move_subitem' THEN
        RETURN ARRAY(
            SELECT DISTINCT p.id
            FROM (
                SELECT unnest(ARRAY[parent_item_id, body->>'sourcePulseId', body->>'destPulseId'])
                UNION ALL
                SELECT s.parent_monday_id FROM subitems s
                WHERE s.monday_id = coalesce(body->>'subitem', item_id)
            ) p (id)
            WHERE p.id IS NOT NULL);
    ELSIF role = 'subitem' THEN
        RETURN ARRAY(
            SELECT DISTINCT p.id
            FROM (
                SELECT parent_item_id
                UNION ALL
                SELECT s.parent_monday_id FROM subitems s WHERE s.monday_id = item_id
            ) p (id)
            WHERE p.id IS NOT NULL);
    ELSIF role = 'hidden' THEN
        RETURN coalesce(
            (SELECT array_agg(DISTINCT s.parent_monday_id)
             FROM subitems s
             WHERE s.hidden_item_id = item_id AND s.parent_monday_id IS NOT NULL AND s.state = 'active'),
            (SELECT array_agg(DISTINCT s.parent_monday_id)
             FROM (
                SELECT h.item_name FROM hidden_items h WHERE h.monday_id = item_id
                UNION ALL
                SELECT unnest(ARRAY[body->>'pulseName', body->>'itemName', body->'value'->>'name'])
             ) named (item_name)
             JOIN subitems s ON s.name_key = name_key(named.item_name)
             WHERE btrim(named.item_name) <> '' AND s.parent_monday_id IS NOT NULL AND s.state = 'active'),
            '{}');
    END IF;
    RETURN array_remove(ARRAY[coalesce(parent_item_id, item_id)], NULL);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.projects_of_event(text, text, text, text, jsonb) IS
    'The projects that an event of a board of this role makes dirty. Parent boards: the item; subitem boards: the parent named by the event and the known one; hidden boards: parents of the linked subitems, else of those with the same name. Deleted projects are named as well: the event may be what brings one back.';

CREATE FUNCTION pipeline_internal.map_webhook_events(
    event_types text[],
    board_ids text[],
    item_ids text[],
    parent_item_ids text[],
    column_ids text[],
    bodies jsonb[]
) RETURNS TABLE("position" integer, project_ids text[], priority integer, status text, message text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT mapped.position::integer, nullif(mapped.projects, '{}'),
        CASE WHEN mapped.role = 'parent' AND mapped.parent_item_id IS NULL AND mapped.event_type <> 'move_subitem'
             THEN 10 ELSE 50 END,
        CASE WHEN mapped.echo IS NOT NULL THEN 'ignored'
             WHEN mapped.projects = '{}' THEN 'processed_with_warnings'
             ELSE 'pending' END,
        CASE WHEN mapped.echo IS NOT NULL THEN mapped.echo
             WHEN mapped.projects <> '{}' THEN NULL
             WHEN mapped.board_id IS NULL THEN 'the event names no board'
             WHEN mapped.role IS NULL THEN format('board %s is not configured', mapped.board_id)
             WHEN mapped.item_id IS NULL THEN 'the event names no item'
             ELSE format('no project is known for item %s of board %s', mapped.item_id, mapped.board_id) END
    FROM (
        SELECT e.*,
            CASE WHEN e.echo IS NOT NULL THEN '{}'
                 ELSE projects_of_event(e.role, e.event_type, e.item_id, e.parent_item_id, e.body) END AS projects
        FROM (
            SELECT given.*,
                coalesce(board.role, board_role_of_event(
                    given.event_type, given.parent_item_id, given.body)) AS role,
                CASE WHEN given.event_type = 'change_column_value' AND own.writable
                     THEN format('column %s is written by the pipeline itself', given.column_id)
                     WHEN given.event_type IN ('create_update', 'edit_update', 'delete_update')
                     THEN 'comments are not read' END AS echo
            FROM (
                SELECT g.event_type, nullif(g.board_id, '') AS board_id, nullif(g.item_id, '') AS item_id,
                    nullif(g.parent_item_id, '') AS parent_item_id, g.column_id, g.body->'event' AS body, g.position
                FROM unnest(event_types, board_ids, item_ids, parent_item_ids, column_ids, bodies)
                    WITH ORDINALITY AS g (event_type, board_id, item_id, parent_item_id, column_id, body, position)
            ) given
            LEFT JOIN monday_board board ON board.board_id = given.board_id AND board.is_active
            LEFT JOIN monday_column own
                ON own.board_id = given.board_id AND own.column_id = given.column_id AND own.writable
            -- Keeps the planner from putting a call to where its result is used, once for each use.
            OFFSET 0
        ) e
        OFFSET 0
    ) mapped;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.map_webhook_events(text[], text[], text[], text[], text[], jsonb[]) IS
    'For each event the projects that it makes dirty, the priority of their jobs, its first status and why.';

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
END;
$$;
COMMENT ON FUNCTION pipeline_work.record_webhook_events(text[], text[], text[], text[], text[], text[], text[], text[], text[], text[]) IS
    'Stores webhook events and enqueues one rehydrate_and_analyze job for each project that they make dirty. One row per event, positions counted from 1: stored, duplicate (its key is known), ignored (stored; a change that the pipeline made itself, or a comment). A body that jsonb cannot hold is kept as text. Errors: 22004, 22023.';

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
