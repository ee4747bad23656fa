-- Which projects an event makes dirty, and how urgently.
--
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
            (SELECT array_agg(DISTINCT lone.parent_monday_id)
             FROM (
                -- A name that several subitems have links none of them.
                SELECT max(s.parent_monday_id) AS parent_monday_id
                FROM (
                    SELECT name_key(h.item_name) FROM hidden_items h WHERE h.monday_id = item_id
                    UNION
                    SELECT name_key(unnest(ARRAY[body->>'pulseName', body->>'itemName', body->'value'->>'name']))
                ) named (name_key)
                JOIN subitems s ON s.name_key = named.name_key
                WHERE named.name_key <> '' AND s.parent_monday_id IS NOT NULL AND s.state = 'active'
                GROUP BY named.name_key
                HAVING count(*) = 1
             ) lone),
            '{}');
    END IF;
    RETURN array_remove(ARRAY[coalesce(parent_item_id, item_id)], NULL);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.projects_of_event(text, text, text, text, jsonb) IS
    'The projects that an event of a board of this role makes dirty. Parent boards: the item; subitem boards: the parent named by the event and the known one; hidden boards: parents of the linked subitems, else of the one with the same name. Deleted projects are named as well: the event may be what brings one back.';

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
