-- Writing what was read: one statement for each table, which decodes, merges with what is stored, derives, and writes
-- only what differs.
--
-- One lock admits one writer at a time. Hidden items, subitems and projects depend on each other in ways that are
-- known only after they were read, so no order of row locks could be kept; a writer that waits sees all that the
-- former one did.

CREATE FUNCTION pipeline_internal.lock_monday_data() RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$ SELECT pg_advisory_xact_lock(hashtext('pipeline_forecast.monday_data')) $$;
COMMENT ON FUNCTION pipeline_internal.lock_monday_data() IS
    'Waits until no other transaction writes rows of boards.';

CREATE FUNCTION pipeline_internal.monday_table(role text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE role WHEN 'parent' THEN 'projects' WHEN 'subitem' THEN 'subitems' WHEN 'hidden' THEN 'hidden_items' END;
COMMENT ON FUNCTION pipeline_internal.monday_table(text) IS 'The table of the items of a board of a role.';

CREATE FUNCTION pipeline_internal.monday_fields(role text)
RETURNS TABLE(field text, sql_type text, is_derived boolean, is_written boolean)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
ROWS 50
AS 'MODULE_PATHNAME', 'pipeline_monday_fields';
COMMENT ON FUNCTION pipeline_internal.monday_fields(text) IS
    'The fields of a board of a role (parent, subitem, hidden): the type of the column, whether it is derived where the board has none, whether it is written to the board.';

CREATE FUNCTION pipeline_internal.read_monday_items(items jsonb, board jsonb) RETURNS SETOF record
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
ROWS 500
AS 'MODULE_PATHNAME', 'pipeline_read_monday_items';
COMMENT ON FUNCTION pipeline_internal.read_monday_items(jsonb, jsonb) IS
    'Items as the API returns them, decoded for a board: one row each, with the columns that the caller defines.';

-- What read_monday_items() needs to know of a board. Where no column tells when a project was created, its item does.
CREATE FUNCTION pipeline_internal.require_monday_board(board_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    board jsonb;
BEGIN
    SELECT jsonb_build_object(
        'board_id', b.board_id, 'role', b.role, 'name', b.name, 'decimal_mark', b.decimal_mark, 'date_format', b.date_format,
        'columns', coalesce(jsonb_agg(jsonb_build_object(
            'column_id', c.column_id, 'field', c.field, 'kind', c.kind, 'labels', c.labels) ORDER BY c.field)
            FILTER (WHERE c.field IS NOT NULL), '[]')
        || CASE WHEN b.role = 'parent' AND 'date_created' <> ALL (array_agg(coalesce(c.field, '')))
                THEN '[{"field": "date_created", "kind": "creation_log"}]' ELSE '[]' END::jsonb)
    INTO board
    FROM monday_board b
    LEFT JOIN monday_column c
        ON c.board_id = b.board_id
        AND c.field NOT IN (SELECT f.field FROM monday_fields(b.role) f WHERE f.is_written)
    WHERE b.board_id = require_monday_board.board_id
    GROUP BY b.board_id;
    IF board IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('unknown board "%s"', coalesce(board_id, 'NULL')),
            HINT = 'import_monday_boards() makes a board known.';
    END IF;
    RETURN board;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_monday_board(text) IS
    'A board with its columns, as read_monday_items() takes it. Error 22023 for an unknown board.';

-- `own`: what the board itself says of each row. Of the rows that are read, those that are older than what is stored
-- are left out, and a column that did not come along keeps its value.
CREATE FUNCTION pipeline_internal.own_rows_sql(role text, board jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
DECLARE
    relation text := monday_table(role);
    mapped text[];
    definitions text;
    merged text;
BEGIN
    IF board IS NULL THEN
        RETURN format(
            'own AS MATERIALIZED (SELECT s.* FROM %I s WHERE s.monday_id = ANY ($4) AND %s)',
            relation, CASE role WHEN 'parent' THEN 's.board_id IS NOT NULL' ELSE 'true' END);
    END IF;

    SELECT array_agg(c->>'field') INTO mapped FROM jsonb_array_elements(board->'columns') c;
    SELECT
        string_agg(format(', %I %s', f.field, CASE f.field WHEN 'hidden_item_id' THEN 'text[]' ELSE f.sql_type END), '')
            FILTER (WHERE f.field = ANY (mapped)),
        string_agg(format(
            CASE WHEN f.field = 'hidden_item_id' THEN
                CASE WHEN f.field = ANY (mapped)
                     THEN ', CASE WHEN ''hidden_item_id'' = ANY (i.absent_fields) THEN coalesce(s.relation_ids, ''{}'') ELSE i.hidden_item_id END AS relation_ids'
                     ELSE ', ''{}''::text[] AS relation_ids' END
            WHEN f.field = ANY (mapped) THEN ', CASE WHEN %1$L = ANY (i.absent_fields) THEN s.%1$I ELSE i.%1$I END AS %1$I'
            -- A project may know more than its board does; it may have been imported before.
            WHEN role = 'parent' AND NOT f.is_derived THEN ', s.%1$I'
            ELSE ', NULL::%2$s AS %1$I' END, f.field, f.sql_type), '')
    INTO definitions, merged
    FROM monday_fields(role) f
    WHERE NOT f.is_written;

    RETURN format($sql$
        read AS MATERIALIZED (
            SELECT * FROM read_monday_items($1, $2) AS r (
                "position" integer, monday_id text, item_name text, state text, monday_updated_at timestamptz,
                monday_created_at timestamptz, parent_monday_id text, current_board text,
                direct_fields text[], absent_fields text[], refusal text, refusals jsonb %1$s)
        ),
        item AS MATERIALIZED (
            SELECT DISTINCT ON (r.monday_id) r.*
            FROM read r
            WHERE r.refusal IS NULL
            ORDER BY r.monday_id, r.monday_updated_at DESC NULLS LAST, r."position" DESC
        ),
        own AS MATERIALIZED (
            SELECT i.monday_id, $3 AS board_id, coalesce(i.item_name, s.item_name, i.monday_id) AS item_name,
                -- What was moved to another board is gone from this one; what became a subitem is no project any more.
                CASE WHEN i.current_board <> $3 %5$s THEN 'deleted' ELSE i.state END AS state,
                i.monday_updated_at, i.refusals, i.absent_fields, %2$s
                CASE WHEN i.absent_fields IS NULL THEN coalesce(i.direct_fields, '{}')
                     ELSE ARRAY(SELECT d FROM unnest(i.direct_fields) d
                                UNION SELECT d FROM unnest(s.direct_fields) d WHERE d = ANY (i.absent_fields) ORDER BY 1)
                     END AS direct_fields
                %3$s
            FROM item i
            LEFT JOIN %4$I s ON s.monday_id = i.monday_id
            WHERE coalesce(i.monday_updated_at, '-infinity') >= coalesce(s.monday_updated_at, '-infinity')
              AND (coalesce(i.current_board, $3) = $3 OR s.board_id = $3) %6$s
        )$sql$,
        definitions,
        CASE role WHEN 'subitem' THEN 'coalesce(i.parent_monday_id, s.parent_monday_id) AS parent_monday_id,
            coalesce(i.monday_created_at, s.monday_created_at) AS monday_created_at,' ELSE '' END,
        merged, relation,
        -- On a multi-level board subitems lie on the board of their projects.
        CASE role WHEN 'parent' THEN 'OR i.parent_monday_id IS NOT NULL' END,
        CASE role WHEN 'parent' THEN 'AND (i.parent_monday_id IS NULL OR s.monday_id IS NOT NULL)' END);
END;
$function$;
COMMENT ON FUNCTION pipeline_internal.own_rows_sql(text, jsonb) IS
    'SQL for what the boards themselves say of rows: read now (of a board), or stored (without one).';

CREATE FUNCTION pipeline_internal.refused_values_sql(board jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
    SELECT CASE WHEN board IS NOT NULL THEN $sql$
        SELECT $5, $3, r.monday_id, NULL, left(($1->(r."position" - 1))::text, 1000), r.refusal
        FROM read r
        WHERE r.refusal IS NOT NULL
        UNION ALL
        SELECT $5, $3, o.monday_id, e.field, left(e.raw, 1000), e.reason
        FROM own o
        CROSS JOIN LATERAL jsonb_to_recordset(o.refusals) AS e (field text, raw text, reason text)
        UNION ALL
        -- Said once for a column, not for every item.
        SELECT $5, $3, NULL, c.field, c.column_id, format('column is missing; items without it: %s', count(*))
        FROM own o
        CROSS JOIN LATERAL unnest(o.absent_fields) AS absent (field)
        JOIN jsonb_to_recordset($2->'columns') AS c (field text, column_id text) ON c.field = absent.field
        WHERE o.state = 'active' AND c.column_id IS NOT NULL
        GROUP BY c.field, c.column_id
        UNION ALL $sql$ ELSE '' END || $sql$
        SELECT $5, f.board_id, f.monday_id, derived.field, NULL, 'derived amount is not below 100,000,000,000,000'
        FROM final f
        CROSS JOIN LATERAL unnest(f.out_of_range) AS derived (field) $sql$
$function$;
COMMENT ON FUNCTION pipeline_internal.refused_values_sql(jsonb) IS
    'SQL for the rows of sync_reject: items, values and columns of a board that cannot be read, and derived amounts that no forecast could hold.';

CREATE FUNCTION pipeline_internal.write_monday_rows(
    role text,
    board jsonb,
    items jsonb,
    ids text[],
    run bigint,
    OUT processed bigint,
    OUT created bigint,
    OUT updated bigint,
    OUT unchanged bigint,
    OUT stale bigint,
    OUT rejected bigint,
    OUT changed_ids text[],
    OUT touched text[],
    OUT names text[]
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET jit = off
AS $function$
DECLARE
    relation text := monday_table(role);
    -- By what the rows of the next table are found: the names of hidden items, the projects of subitems.
    next_key text := CASE role WHEN 'parent' THEN 'NULL::text' WHEN 'subitem' THEN '%s.parent_monday_id'
                               ELSE 'name_key(%s.item_name)' END;
    columns text[];
BEGIN
    SELECT array_agg(f.field) INTO columns
    FROM monday_fields(role) f
    WHERE NOT f.is_written AND f.field <> 'hidden_item_id';
    columns := ARRAY['board_id', 'item_name', 'state', 'monday_updated_at', 'direct_fields']
        || CASE role WHEN 'subitem' THEN ARRAY['parent_monday_id', 'monday_created_at', 'relation_ids', 'hidden_item_id', 'link_method']
                     ELSE '{}' END
        || columns;

    -- $1 items, $2 board, $3 its id, $4 ids, $5 run, $6 statuses without value, $7 reason of a new enquiry.
    EXECUTE format($sql$
        WITH %1$s,
        %2$s,
        changed AS MATERIALIZED (
            SELECT f.*, s.monday_id IS NULL AS is_new, %6$s AS former_key, %13$s AS name_keys
            FROM final f
            LEFT JOIN %3$I s ON s.monday_id = f.monday_id
            WHERE s.monday_id IS NULL OR (%4$s) IS DISTINCT FROM (%5$s)
        ),
        written AS (
            INSERT INTO %3$I AS stored (monday_id, deleted_at, last_synced_at, %7$s)
            SELECT f.monday_id, CASE WHEN f.state <> 'active' THEN now() END, now(), %5$s
            FROM changed f
            ORDER BY f.monday_id
            ON CONFLICT (monday_id) DO UPDATE
            SET (updated_at, %7$s) = ROW (now(), %8$s), last_synced_at = %12$s,
                deleted_at = CASE WHEN excluded.state <> 'active' THEN coalesce(stored.deleted_at, excluded.deleted_at) END
        ),
        refused AS (
            INSERT INTO sync_reject (run_id, board_id, item_id, field, raw_value, reason)
            %9$s
            RETURNING 1
        )
        SELECT %10$s, n.created, n.updated, n.own - n.created - n.updated, (SELECT count(*) FROM refused),
            n.changed_ids, n.touched, n.names
        FROM (
            SELECT (SELECT count(*) FROM own) AS own,
                count(*) FILTER (WHERE c.is_new) AS created,
                count(*) FILTER (WHERE NOT c.is_new) AS updated,
                coalesce(array_agg(c.monday_id), '{}') AS changed_ids,
                ARRAY(SELECT %11$s FROM changed c UNION SELECT c.former_key FROM changed c) AS touched,
                ARRAY(SELECT unnest(c.name_keys) FROM changed c EXCEPT SELECT '') AS names
            FROM changed c
        ) n
    $sql$,
        own_rows_sql(role, board),
        CASE role WHEN 'parent' THEN project_values_sql()
                  WHEN 'subitem' THEN subitem_values_sql()
                  ELSE hidden_values_sql() END,
        relation,
        's.' || array_to_string(columns, ', s.'), 'f.' || array_to_string(columns, ', f.'),
        format(next_key, 's'),
        array_to_string(columns, ', '), 'excluded.' || array_to_string(columns, ', excluded.'),
        refused_values_sql(board),
        CASE WHEN board IS NOT NULL
             THEN '(SELECT count(*) FROM read), (SELECT count(*) FROM read WHERE refusal IS NULL) - n.own' ELSE 'n.own, 0' END,
        format(next_key, 'c'),
        -- What was only derived anew was not seen on its board.
        CASE WHEN board IS NOT NULL THEN 'now()' ELSE 'stored.last_synced_at' END,
        -- A name that an active subitem takes, gives up or brings to another board makes others unique, or no longer so.
        CASE role WHEN 'subitem' THEN
            'CASE WHEN (s.board_id, s.item_name, s.state) IS DISTINCT FROM (f.board_id, f.item_name, f.state) THEN ARRAY[
                CASE WHEN s.state = ''active'' THEN name_key(s.item_name) END,
                CASE WHEN f.state = ''active'' THEN name_key(f.item_name) END] END'
                  ELSE 'NULL::text[]' END)
    INTO processed, stale, created, updated, unchanged, rejected, changed_ids, touched, names
    USING items, board, board->>'board_id', ids, run,
        regexp_split_to_array(pipeline_setting('statuses_without_value'), E'\\s*,\\s*'),
        pipeline_setting('new_enquiry_reason');
    touched := array_remove(touched, NULL);
    names := array_remove(names, NULL);
END;
$function$;
COMMENT ON FUNCTION pipeline_internal.write_monday_rows(text, jsonb, jsonb, text[], bigint) IS
    'Brings the rows of one table up to date: those of the items just read (board, items), or stored ones (ids) with what they are derived from. Returns counts, the ids that changed, by what the rows that depend on them are found, and the names (as name_key) that active subitems took or gave up.';
