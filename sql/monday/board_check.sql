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
    'Proposes which columns of a board ([{id, title, type, settings, samples}], as the API returns them) hold which fields of a role (parent, subitem, hidden), for a person to look over: by their titles in eight languages, by their kinds, by the labels in their settings and by samples, a list of texts that some items hold (settings and samples may be left out). field is NULL for a column that stays unmapped, reason says why. Errors: 22023 unknown role, or no list of columns; 22004 null.';

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

-- Without one of these a forecast says next to nothing.
CREATE FUNCTION pipeline_internal.needed_board_fields()
RETURNS TABLE(need text, fields text[], consequence text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    VALUES
        ('value', ARRAY['new_enquiry_value', 'total_order_value', 'quote_amount', 'material_value', 'cust_order_value_material'],
         'nothing is forecast of its projects'),
        ('stage', ARRAY['pipeline_stage'], 'every project is forecast by the rule (any other)'),
        ('date', ARRAY['expected_start_date', 'date_order_received', 'follow_up_date'],
         'every project is forecast for the day of its creation or later by what is usual');
END;
COMMENT ON FUNCTION pipeline_internal.needed_board_fields() IS
    'What a forecast needs of a parent board or the boards below it: one field of each list.';

-- What discover asks a person about: few questions, whatever the number of columns.
CREATE FUNCTION pipeline_internal.asked_board_fields() RETURNS TABLE(field text, about text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    VALUES
        ('pipeline_stage', 'the stage of a project'),
        ('new_enquiry_value', 'what a project is worth'),
        ('expected_start_date', 'the day for which its order is expected'),
        ('date_order_received', 'the day on which its order was received'),
        ('probability_percent', 'its probability in percent'),
        ('account', 'the customer'),
        ('sales_representative', 'the person responsible');
END;
COMMENT ON FUNCTION pipeline_internal.asked_board_fields() IS
    'The fields of a parent board that boards discover --interactive asks for where no column holds them.';

CREATE FUNCTION pipeline_internal.board_file_gaps(boards jsonb)
RETURNS TABLE(board_id text, board_name text, need text, fields text[], consequence text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT p->>'board_id', p->>'name', n.need, n.fields, n.consequence
    FROM jsonb_array_elements(boards) p
    CROSS JOIN needed_board_fields() n
    WHERE p->>'role' = 'parent'
      AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(boards) b
        CROSS JOIN LATERAL jsonb_array_elements(b->'columns') c
        WHERE p->>'board_id' IN (b->>'board_id', b->>'parent_board_id') AND c->>'field' = ANY (n.fields))
$$;
COMMENT ON FUNCTION pipeline_internal.board_file_gaps(jsonb) IS
    'What a forecast needs that no column of a proposed list of boards holds.';

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
    ),
    finding AS (
        SELECT 1 AS weight, b.board_id::text, NULL::text AS column_id, NULL::text AS field,
            'missing: the board does not exist, or the token may not read it' AS problem
        FROM board b
        WHERE NOT b.is_there
        UNION ALL
        SELECT CASE WHEN f.column_id IS NULL THEN 2 WHEN f.kind <> c.kind THEN 3 ELSE 6 END, b.board_id, c.column_id, c.field,
            CASE WHEN f.column_id IS NULL THEN 'missing: the board has no such column'
                 WHEN f.kind <> c.kind THEN format('retyped: the column is of kind %s now, not %s', f.kind, c.kind)
                 ELSE format('renamed: the column is called "%s" now, not "%s"', f.title, c.title) END
        FROM board b
        JOIN monday_column c ON c.board_id = b.board_id
        LEFT JOIN found f ON f.board_id = c.board_id AND f.column_id = c.column_id
        WHERE b.is_there AND (f.column_id IS NULL OR f.kind <> c.kind OR f.title <> c.title)
        UNION ALL
        SELECT 4, b.board_id, NULL, n.fields[1], format('needed: no column holds a %s, so %s', n.need, n.consequence)
        FROM board b
        CROSS JOIN needed_board_fields() n
        WHERE b.is_there AND b.role = 'parent'
          AND NOT EXISTS (
            SELECT FROM monday_board part
            JOIN monday_column c ON c.board_id = part.board_id
            WHERE part.is_active AND b.board_id IN (part.board_id, part.parent_board_id) AND c.field = ANY (n.fields))
        UNION ALL
        -- What the board calls its stages now, which may be more than was ever read.
        SELECT 5, b.board_id, c.column_id, c.field, format('without a rule: stage "%s" is forecast by the rule (any other)', l.label)
        FROM board b
        JOIN monday_column c ON c.board_id = b.board_id AND c.field = 'pipeline_stage'
        JOIN found f ON f.board_id = c.board_id AND f.column_id = c.column_id AND f.kind = 'status'
        CROSS JOIN LATERAL jsonb_to_recordset(monday_stage_labels(coalesce(f.settings, 'null'))) AS l (label text)
        WHERE b.role = 'parent' AND NOT EXISTS (SELECT FROM pipeline_stage s WHERE s.stage = l.label)
        UNION ALL
        SELECT 7, b.board_id, f.column_id, p.field, format('unmapped: the column "%s" might hold this field', f.title)
        FROM board b
        CROSS JOIN LATERAL mapping_proposal(
            (SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.column_id, 'title', f.title, 'type', f.kind, 'settings', f.settings)), '[]')
             FROM found f WHERE f.board_id = b.board_id), b.role) p
        JOIN found f ON f.board_id = b.board_id AND f.column_id = p.column_id
        WHERE p.field IS NOT NULL
          AND NOT EXISTS (SELECT FROM monday_column c
                          WHERE c.board_id = b.board_id AND (c.column_id = p.column_id OR c.field = p.field))
        UNION ALL
        SELECT 8, b.board_id, NULL, m.field, 'unmapped: no column holds this field'
        FROM board b
        CROSS JOIN LATERAL monday_fields(b.role) m
        WHERE b.is_there AND NOT m.is_derived
          AND NOT EXISTS (SELECT FROM monday_column c WHERE c.board_id = b.board_id AND c.field = m.field)
    )
    SELECT f.board_id, f.column_id, f.field, f.problem
    FROM finding f
    ORDER BY f.weight, f.board_id, f.column_id NULLS FIRST, f.field;
END;
$$;
COMMENT ON FUNCTION pipeline.check_monday_boards(jsonb) IS
    'Compares the configured boards with the boards as the API returns them ([{id, name, columns [{id, title, type, settings}]}]), what matters most first: boards and columns that are missing, columns that became another kind, values, stages and dates that no column holds, stages without a rule, columns that were renamed, columns that might hold a field, fields without a column. No row: all is well. Errors: 22004, 22023 for what is no list of boards.';

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
