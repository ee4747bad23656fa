-- The boards as they are, against the configuration: a mapping proposed, differences named, labels brought up to date.

CREATE FUNCTION pipeline_internal.mapping_proposal(board_columns jsonb, role text)
RETURNS TABLE(column_id text, title text, kind text, field text, reason text)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
ROWS 50
AS 'MODULE_PATHNAME', 'pipeline_propose_monday_mapping';
COMMENT ON FUNCTION pipeline_internal.mapping_proposal(jsonb, text) IS 'See propose_monday_mapping().';

CREATE FUNCTION pipeline.propose_monday_mapping(board_columns jsonb, role text)
RETURNS TABLE(column_id text, title text, kind text, field text, reason text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF board_columns IS NULL OR role IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = format('%s must not be null', CASE WHEN role IS NULL THEN 'role' ELSE 'board_columns' END),
            HINT = 'Give the columns of a board as the API returns them, and parent, subitem or hidden.';
    END IF;
    RETURN QUERY SELECT * FROM mapping_proposal(board_columns, role);
END;
$$;
COMMENT ON FUNCTION pipeline.propose_monday_mapping(jsonb, text) IS
    'Proposes by their titles which columns of a board ([{id, title, type}], as the API returns them) hold which fields of a role (parent, subitem, hidden), for a person to look over: field is NULL for a column that stays unmapped, reason says why. Errors: 22023 unknown role, or no list of columns; 22004 null.';

CREATE FUNCTION pipeline_internal.actual_monday_columns(actual jsonb)
RETURNS TABLE(board_id text, column_id text, title text, kind text, settings jsonb)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT b->>'id', c->>'id', c->>'title', c->>'type', coalesce(nullif(c->'settings', 'null'), c->'settings_str')
    FROM jsonb_array_elements(actual) b
    CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(b->'columns') WHEN 'array' THEN b->'columns' ELSE '[]' END) c
    WHERE jsonb_typeof(b) = 'object' AND jsonb_typeof(c) = 'object' AND c->'archived' IS DISTINCT FROM 'true'
$$;
COMMENT ON FUNCTION pipeline_internal.actual_monday_columns(jsonb) IS
    'The columns of boards as the API returns them, without archived ones; boards that it gives as null are left out.';

CREATE FUNCTION pipeline_internal.require_board_list(actual jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF actual IS NULL OR jsonb_typeof(actual) <> 'array' THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN actual IS NULL THEN '22004' ELSE '22023' END,
            MESSAGE = 'actual must be a list of boards',
            HINT = 'Give the boards as the API returns them: [{"id", "name", "columns": [{"id", "title", "type", "settings"}]}].';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_board_list(jsonb) IS 'Error 22004 or 22023 for what is no list of boards.';

CREATE FUNCTION pipeline.check_monday_boards(actual jsonb)
RETURNS TABLE(board_id text, column_id text, field text, problem text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    PERFORM require_board_list(actual);
    RETURN QUERY
    WITH found AS MATERIALIZED (
        SELECT * FROM actual_monday_columns(actual)
    ),
    board AS (
        SELECT b.board_id, b.role,
            EXISTS (SELECT FROM jsonb_array_elements(actual) a WHERE a->>'id' = b.board_id) AS is_there
        FROM monday_board b
        WHERE b.is_active
    )
    SELECT b.board_id::text, NULL::text, NULL::text, 'missing: the board does not exist, or the token may not read it'
    FROM board b
    WHERE NOT b.is_there
    UNION ALL
    SELECT b.board_id, c.column_id, c.field,
        CASE WHEN f.column_id IS NULL THEN 'missing: the board has no such column'
             WHEN f.kind <> c.kind THEN format('retyped: the column is of kind %s now, not %s', f.kind, c.kind)
             ELSE format('renamed: the column is called "%s" now, not "%s"', f.title, c.title) END
    FROM board b
    JOIN monday_column c ON c.board_id = b.board_id
    LEFT JOIN found f ON f.board_id = c.board_id AND f.column_id = c.column_id
    WHERE b.is_there AND (f.column_id IS NULL OR f.kind <> c.kind OR f.title <> c.title)
    UNION ALL
    SELECT b.board_id, NULL, m.field, 'unmapped: no column holds this field'
    FROM board b
    CROSS JOIN LATERAL monday_fields(b.role) m
    WHERE b.is_there AND NOT m.is_derived
      AND NOT EXISTS (SELECT FROM monday_column c WHERE c.board_id = b.board_id AND c.field = m.field)
    UNION ALL
    SELECT b.board_id, f.column_id, p.field, format('unmapped: the column "%s" might hold this field', f.title)
    FROM board b
    CROSS JOIN LATERAL mapping_proposal(
        (SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.column_id, 'title', f.title, 'type', f.kind)), '[]')
         FROM found f WHERE f.board_id = b.board_id), b.role) p
    JOIN found f ON f.board_id = b.board_id AND f.column_id = p.column_id
    WHERE p.field IS NOT NULL
      AND NOT EXISTS (SELECT FROM monday_column c
                      WHERE c.board_id = b.board_id AND (c.column_id = p.column_id OR c.field = p.field))
    ORDER BY 1, 2 NULLS FIRST, 3;
END;
$$;
COMMENT ON FUNCTION pipeline.check_monday_boards(jsonb) IS
    'Compares the configured boards with the boards as the API returns them ([{id, name, columns [{id, title, type}]}]): boards and columns that are missing, columns that were renamed or became another kind, fields without a column. No row: all is well. Errors: 22004, 22023 for what is no list of boards.';

CREATE FUNCTION pipeline_work.refresh_monday_labels(actual jsonb) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    changed integer;
BEGIN
    PERFORM require_writable('refresh labels');
    PERFORM require_layout();
    PERFORM require_board_list(actual);
    WITH fresh AS MATERIALIZED (
        SELECT c.board_id, c.column_id, c.labels AS former, monday_labels(f.settings) AS labels
        FROM actual_monday_columns(actual) f
        JOIN monday_column c ON c.board_id = f.board_id AND c.column_id = f.column_id
        WHERE f.kind IN ('status', 'dropdown') AND f.settings IS NOT NULL
    ),
    written AS (
        UPDATE monday_column c
        SET labels = f.labels
        FROM fresh f
        WHERE c.board_id = f.board_id AND c.column_id = f.column_id AND f.former IS DISTINCT FROM f.labels
        RETURNING c.board_id
    ),
    -- A label that was renamed changes all items that have it, and none of them says so.
    renamed AS (
        UPDATE monday_board b
        SET high_water_mark = NULL
        WHERE b.high_water_mark IS NOT NULL AND b.board_id IN (
            SELECT f.board_id
            FROM fresh f
            CROSS JOIN LATERAL jsonb_each_text(f.former) AS label (id, text)
            WHERE f.labels->>label.id IS DISTINCT FROM label.text)
    )
    SELECT count(*) INTO changed FROM written;
    RETURN changed;
END;
$$;
COMMENT ON FUNCTION pipeline_work.refresh_monday_labels(jsonb) IS
    'Takes the labels of status and dropdown columns from the boards as the API returns them ([{id, columns [{id, type, settings or settings_str}]}]). Returns the number of columns whose labels changed; a board on which a label was renamed is read anew as a whole. Errors: 22004, 22023 for what is no list of boards.';
