-- Which boards feed the pipeline: the configuration, as it is imported and as it stands.

CREATE FUNCTION pipeline_internal.read_monday_config(config jsonb) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_read_monday_config';
COMMENT ON FUNCTION pipeline_internal.read_monday_config(jsonb) IS
    'A board configuration, checked and complete: a list of boards with their mapped columns. Error 22023 for one that makes no sense.';

CREATE FUNCTION pipeline_internal.monday_labels(settings jsonb) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_monday_labels';
COMMENT ON FUNCTION pipeline_internal.monday_labels(jsonb) IS
    'Label ids and texts from the settings of a status or dropdown column.';

CREATE FUNCTION pipeline_internal.monday_stage_labels(settings jsonb) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_monday_stage_labels';
COMMENT ON FUNCTION pipeline_internal.monday_stage_labels(jsonb) IS
    'The labels of a status column as [{"label", "is_done"}], in the order of the board and without those that are out of use.';

CREATE FUNCTION pipeline_internal.monday_config_stages(config jsonb) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_monday_config_stages';
COMMENT ON FUNCTION pipeline_internal.monday_config_stages(jsonb) IS
    'The stage rules of a board configuration, checked; without those whose bucket is null. Error 22023 for one that makes no sense.';

CREATE FUNCTION pipeline_internal.monday_column_fits(role text, field text, kind text) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_monday_column_fits';
COMMENT ON FUNCTION pipeline_internal.monday_column_fits(text, text, text) IS
    'Whether a column of a kind can hold a field of a role. Error 22023 for an unknown role.';

CREATE FUNCTION pipeline_internal.require_board_config(boards jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    board record;
    currencies text[];
BEGIN
    FOR board IN
        SELECT given.board_id, given.role, given.parent_board_id, stored.role AS stored_role, parent.role AS parent_role,
            EXISTS (SELECT FROM jsonb_array_elements(boards) other
                    WHERE other->>'board_id' = given.parent_board_id) AS parent_is_given
        FROM jsonb_to_recordset(boards) AS given (board_id text, role text, parent_board_id text)
        LEFT JOIN monday_board stored ON stored.board_id = given.board_id
        LEFT JOIN monday_board parent ON parent.board_id = given.parent_board_id
    LOOP
        IF board.stored_role <> board.role THEN
            RAISE EXCEPTION USING
                ERRCODE = '22023',
                MESSAGE = format('board configuration: board "%s" is a %s board already', board.board_id, board.stored_role),
                HINT = 'Its rows lie in another table. To start anew, delete it from monday_board first.';
        END IF;
        IF board.parent_board_id IS NOT NULL AND NOT board.parent_is_given AND board.parent_role IS DISTINCT FROM 'parent' THEN
            RAISE EXCEPTION USING
                ERRCODE = '22023',
                MESSAGE = format('board configuration: board "%s": its parent board "%s" is %s', board.board_id, board.parent_board_id,
                                 coalesce('a ' || board.parent_role || ' board', 'unknown')),
                HINT = 'Describe the parent board in the same configuration.';
        END IF;
    END LOOP;
    SELECT array_agg(DISTINCT c.currency) INTO currencies
    FROM (
        SELECT given.currency FROM jsonb_to_recordset(boards) AS given (currency text)
        UNION ALL
        SELECT b.currency FROM monday_board b
        WHERE b.is_active AND b.board_id NOT IN (SELECT g->>'board_id' FROM jsonb_array_elements(boards) g)
    ) c
    WHERE c.currency IS NOT NULL;
    IF cardinality(currencies) > 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('board configuration: boards have different currencies: %s', array_to_string(currencies, ', ')),
            HINT = 'Amounts of all boards are summed and nothing is converted; one pipeline has one currency.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_board_config(jsonb) IS
    'Error 22023 for a configuration that does not go with the boards that are stored.';

CREATE FUNCTION pipeline.import_monday_boards(config jsonb)
RETURNS TABLE(board_id text, columns integer, action text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    boards jsonb;
    stages jsonb;
    former jsonb;
    known_labels jsonb;
BEGIN
    PERFORM require_writable('import boards');
    PERFORM require_layout();
    IF config IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'config must not be null',
            HINT = 'Call import_monday_boards(''{"boards": [...]}'').';
    END IF;
    boards := read_monday_config(config);
    stages := monday_config_stages(config);
    PERFORM lock_monday_data();
    PERFORM require_board_config(boards);

    SELECT jsonb_object_agg(c.board_id || ' ' || c.column_id, c.labels) INTO known_labels
    FROM monday_column c
    WHERE c.labels IS NOT NULL;
    former := monday_configuration();

    INSERT INTO monday_board AS stored (board_id, role, name, parent_board_id, currency, decimal_mark, date_format)
    SELECT b.board_id, b.role, b.name, b.parent_board_id, b.currency, b.decimal_mark, b.date_format
    FROM jsonb_to_recordset(boards) AS b (
        board_id text, role text, name text, parent_board_id text, currency text, decimal_mark text, date_format text)
    ON CONFLICT (board_id) DO UPDATE
    SET (name, parent_board_id, currency, decimal_mark, date_format, is_active, updated_at) = ROW (
        excluded.name, excluded.parent_board_id, excluded.currency, excluded.decimal_mark, excluded.date_format, true, now())
    WHERE (stored.name, stored.parent_board_id, stored.currency, stored.decimal_mark, stored.date_format, stored.is_active)
        IS DISTINCT FROM
          (excluded.name, excluded.parent_board_id, excluded.currency, excluded.decimal_mark, excluded.date_format, true);

    DELETE FROM monday_column c
    USING jsonb_array_elements(boards) b
    WHERE c.board_id = b->>'board_id'
      AND NOT EXISTS (SELECT FROM jsonb_array_elements(b->'columns') g
                      WHERE (g->>'column_id', g->>'field') = (c.column_id, c.field));
    INSERT INTO monday_column AS stored (board_id, column_id, field, kind, title, writable, labels)
    SELECT b->>'board_id', c.column_id, c.field, c.kind, c.title, c.writable,
        coalesce(c.labels, known_labels->((b->>'board_id') || ' ' || c.column_id))
    FROM jsonb_array_elements(boards) b
    CROSS JOIN LATERAL jsonb_to_recordset(b->'columns') AS c (
        column_id text, field text, kind text, title text, writable boolean, labels jsonb)
    ON CONFLICT (board_id, column_id) DO UPDATE
    SET (kind, title, writable, labels) = ROW (excluded.kind, excluded.title, excluded.writable, excluded.labels)
    WHERE (stored.kind, stored.title, stored.writable, stored.labels)
        IS DISTINCT FROM (excluded.kind, excluded.title, excluded.writable, excluded.labels);

    -- What the columns mean decides how every item is read, not only those that change from now on.
    UPDATE monday_board b
    SET high_water_mark = NULL
    FROM jsonb_array_elements(former) f
    JOIN jsonb_array_elements(monday_configuration()) n ON n->>'board_id' = f->>'board_id'
    WHERE b.board_id = f->>'board_id' AND b.high_water_mark IS NOT NULL
      AND (f->'reading') IS DISTINCT FROM (n->'reading');

    -- The rules are the owner's; whoever may not write them is told which there should be. One that is there stays.
    IF has_table_privilege('pipeline_stage', 'INSERT') THEN
        INSERT INTO pipeline_stage (stage, stage_bucket, default_probability, default_spread, outcome)
        SELECT r.stage, r.stage_bucket, r.default_probability, CASE WHEN r.stage_bucket = 'Open' THEN r.default_spread END, r.outcome
        FROM jsonb_to_recordset(stages) AS r (
            stage text, stage_bucket text, default_probability numeric, default_spread numeric, outcome text)
        ON CONFLICT DO NOTHING;
    END IF;
    PERFORM tell_stages_without_rule(config);

    RETURN QUERY
    SELECT n->>'board_id', jsonb_array_length(n->'columns'),
        CASE WHEN f IS NULL THEN 'created' WHEN f = n THEN 'unchanged' ELSE 'updated' END
    FROM jsonb_array_elements(monday_configuration()) n
    LEFT JOIN jsonb_array_elements(former) f ON f->>'board_id' = n->>'board_id'
    WHERE n->>'board_id' IN (SELECT b->>'board_id' FROM jsonb_array_elements(boards) b)
    ORDER BY 1;
END;
$$;
COMMENT ON FUNCTION pipeline.import_monday_boards(jsonb) IS
'Takes the configuration of boards, {"boards": [{"board_id", "role": parent | subitem | hidden, "name", "parent_board_id", "currency", "decimal_mark", "date_format", "columns": [{"column_id", "title", "kind", "field", "writable", "labels"}]}]}: boards that are not named stay as they are, the columns of those that are named become the ones given. Returns for each board the number of mapped columns and what was done (created, updated, unchanged). A board whose columns mean something else now is read anew as a whole. A column whose field is null is listed and holds none. "stages": [{"stage", "stage_bucket", "outcome", "default_probability", "default_spread"}] are rows for pipeline_stage; the owner of the tables adds those that have none yet. Labels that have no rule after that are told in a notice, with the statement that adds them; see stage_rules_to_add(). "possible_fields" is not read.
Errors: 22023 naming board and column for a configuration that makes no sense, 22004 for null.';

CREATE FUNCTION pipeline_internal.monday_configuration() RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT coalesce(jsonb_agg(
        jsonb_build_object(
            'board_id', b.board_id,
            'board', to_jsonb(b) - ARRAY['high_water_mark', 'created_at', 'updated_at'],
            'columns', coalesce(c.columns, '[]'),
            'reading', jsonb_build_array(b.decimal_mark, b.date_format, c.reading))), '[]')
    FROM monday_board b
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(to_jsonb(m) ORDER BY m.column_id) AS columns,
            jsonb_agg(jsonb_build_array(m.column_id, m.field, m.kind, m.labels) ORDER BY m.column_id)
                FILTER (WHERE NOT m.writable) AS reading
        FROM monday_column m
        WHERE m.board_id = b.board_id
    ) c ON true
$$;
COMMENT ON FUNCTION pipeline_internal.monday_configuration() IS
    'All boards with their columns, and apart from them what decides how an item is read.';
