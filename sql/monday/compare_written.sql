-- Whether items still show what was written to them: people edit and clear columns, and delete comments.

-- A push that is only minutes old need not show yet.
CREATE FUNCTION pipeline_internal.written_text(shown jsonb, field text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE field
    WHEN 'expected_gestation_days' THEN shown->>'days'
    WHEN 'expected_conversion_rate' THEN round((shown->>'rate')::numeric * 100, 2)::text
    WHEN 'rating_score' THEN shown->>'rating' END;
COMMENT ON FUNCTION pipeline_internal.written_text(jsonb, text) IS
    'What was written to the column of a field, as push_state keeps it; NULL where nothing was.';

CREATE FUNCTION pipeline_internal.is_same_number(one text, other text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN one ~ '^-?[0-9]{1,30}([.][0-9]{1,30})?$' AND other ~ '^-?[0-9]{1,30}([.][0-9]{1,30})?$'
            THEN one::numeric = other::numeric ELSE false END;
COMMENT ON FUNCTION pipeline_internal.is_same_number(text, text) IS
    'Whether two texts are one number; monday.com writes 45.30 as 45.3.';

CREATE FUNCTION pipeline_work.compare_written_columns(board_id text, items jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    found bigint;
BEGIN
    PERFORM require_writable('compare what was written');
    PERFORM require_layout();
    PERFORM require_monday_board(board_id);
    WITH shown AS MATERIALIZED (
        SELECT i->>'id' AS project_id, c.field, v->>'text' AS text
        FROM jsonb_array_elements(items) i
        CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(i->'column_values') WHEN 'array' THEN i->'column_values' ELSE '[]' END) v
        JOIN monday_column c
            ON c.board_id = compare_written_columns.board_id AND c.writable AND c.column_id = v->>'id'
        WHERE jsonb_typeof(i) = 'object' AND jsonb_typeof(v) = 'object'
    ),
    changed AS (
        UPDATE push_state s
        SET columns_hash = NULL, columns_shown = NULL
        WHERE s.columns_shown IS NOT NULL AND s.pushed_at < now() - interval '5 minutes'
          AND s.project_id IN (
            SELECT h.project_id
            FROM shown h
            JOIN push_state w ON w.project_id = h.project_id
            WHERE written_text(w.columns_shown, h.field) IS NOT NULL
              AND NOT is_same_number(coalesce(h.text, ''), written_text(w.columns_shown, h.field)))
        RETURNING 1
    )
    SELECT count(*) INTO found FROM changed;
    RETURN found;
END;
$$;
COMMENT ON FUNCTION pipeline_work.compare_written_columns(text, jsonb) IS
    'Takes items of a board with the columns that are written to ([{id, column_values [{id, text}]}]): where somebody edited or cleared one, it is due to be written again. Returns the number of such items. Error 22023 for an unknown board.';

CREATE FUNCTION pipeline_work.written_comments(board_id text) RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT s.update_id
    FROM push_state s
    JOIN projects p ON p.monday_id = s.project_id
    WHERE p.board_id = written_comments.board_id AND p.state = 'active' AND s.update_id IS NOT NULL
      AND s.comment_hash IS NOT NULL AND s.pushed_at < now() - interval '5 minutes'
    ORDER BY s.project_id
$$;
COMMENT ON FUNCTION pipeline_work.written_comments(text) IS 'The comments that were made on items of a board.';

CREATE FUNCTION pipeline_work.forget_comments(update_ids text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    forgotten bigint;
BEGIN
    PERFORM require_writable('compare what was written');
    PERFORM require_layout();
    WITH gone AS (
        UPDATE push_state s
        SET comment_hash = NULL, comment_shown = NULL, update_id = NULL
        WHERE s.update_id = ANY (update_ids)
        RETURNING 1
    )
    SELECT count(*) INTO forgotten FROM gone;
    RETURN forgotten;
END;
$$;
COMMENT ON FUNCTION pipeline_work.forget_comments(text[]) IS
    'Notes that comments are not there any more: they are due again. Before one is made the item is looked at. Returns their number.';

-- Echoes of our own writes are most of what comes here; written_by tells them apart.
CREATE FUNCTION pipeline_internal.note_foreign_edits(
    event_types text[],
    board_ids text[],
    item_ids text[],
    column_ids text[],
    bodies jsonb[]
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    touched text[];
    pushes bigint;
BEGIN
    WITH edit AS MATERIALIZED (
        SELECT g.event_type, g.item_id, g.body->'event'->>'userId' AS user_id, g.body->'event'->>'updateId' AS update_id
        FROM unnest(event_types, board_ids, item_ids, column_ids, bodies) AS g (event_type, board_id, item_id, column_id, body)
        LEFT JOIN monday_column own ON own.board_id = g.board_id AND own.column_id = g.column_id AND own.writable
        WHERE g.event_type = 'delete_update' OR (g.event_type = 'change_column_value' AND own.column_id IS NOT NULL)
    ),
    noted AS (
        UPDATE push_state s
        SET columns_hash = CASE WHEN e.event_type = 'delete_update' THEN s.columns_hash END,
            columns_shown = CASE WHEN e.event_type = 'delete_update' THEN s.columns_shown END,
            comment_hash = CASE WHEN e.event_type <> 'delete_update' THEN s.comment_hash END,
            comment_shown = CASE WHEN e.event_type <> 'delete_update' THEN s.comment_shown END,
            update_id = CASE WHEN e.event_type <> 'delete_update' THEN s.update_id END
        FROM (SELECT DISTINCT ON (d.item_id) d.* FROM edit d ORDER BY d.item_id, d.event_type) e
        -- An automation that undoes each write must not make a loop; the nightly comparison finds what is left out.
        WHERE s.project_id = e.item_id AND s.written_by <> e.user_id AND s.pushed_at < now() - interval '1 hour'
          AND (e.event_type <> 'delete_update' OR s.update_id = e.update_id)
        RETURNING s.project_id
    )
    SELECT array_agg(n.project_id ORDER BY n.project_id) INTO touched FROM noted n;
    SELECT count(enqueue_monday_push(p.id, 60)) INTO pushes FROM unnest(touched) AS p (id);
    RETURN pushes;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.note_foreign_edits(text[], text[], text[], text[], jsonb[]) IS
    'What events say of columns and comments that were written back: where another user than the one who wrote edited a column or deleted the comment more than an hour after that, it is pushed again. Returns the number of pushes.';
