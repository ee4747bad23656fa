-- The past of projects, derived from the past of their items by the rules that derive them every day (monday/values.sql).
--
-- Those rules read the tables subitems and hidden_items as they are now. Here they read the items of every moment at which
-- something of a project changed, side by side: tables of the same names stand before the real ones in the statement, and
-- each id and each name bears the number of its moment, so that nothing of one moment meets anything of another.

CREATE FUNCTION pipeline_internal.past_item_columns(item text, moment text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
    SELECT format($sql$%1$s.field_values || jsonb_build_object(
        'monday_id', %1$s.item_id || ' @' || %2$s.number,
        'item_name', CASE WHEN %1$s.name_key = '' THEN %1$s.item_name ELSE %1$s.item_name || ' @' || %2$s.number END,
        'state', %1$s.state, 'board_id', %1$s.board_id, 'monday_updated_at', date_trunc('second', %1$s.valid_from),
        'monday_created_at', %1$s.created_at,
        'direct_fields', to_jsonb(%1$s.direct_fields))$sql$, item, moment)
$function$;
COMMENT ON FUNCTION pipeline_internal.past_item_columns(text, text) IS
    'SQL for a version of an item as a row of its table, with the number of a moment at its id and its name.';

CREATE FUNCTION pipeline_internal.past_projects_sql() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
    SELECT format($sql$
        WITH project AS MATERIALIZED (
            SELECT p.* FROM monday_past p WHERE p.run_id = $1 AND p.role = 'parent' AND p.item_id = ANY ($2)
        ),
        quote AS MATERIALIZED (
            SELECT q.* FROM monday_past q WHERE q.run_id = $1 AND q.role = 'subitem' AND q.parent_id = ANY ($2)
        ),
        named AS MATERIALIZED (SELECT DISTINCT q.name_key FROM quote q WHERE q.name_key <> ''),
        -- Everything else that has one of these names, which decides what a name links.
        namesake AS MATERIALIZED (
            SELECT s.* FROM monday_past s JOIN named n USING (name_key) WHERE s.run_id = $1 AND s.role = 'subitem'
        ),
        source AS MATERIALIZED (
            SELECT h.* FROM monday_past h JOIN named n USING (name_key) WHERE h.run_id = $1 AND h.role = 'hidden'
            UNION
            SELECT h.* FROM monday_past h
            WHERE h.run_id = $1 AND h.role = 'hidden' AND h.item_id IN (SELECT r.id FROM quote q CROSS JOIN LATERAL unnest(q.relation_ids) AS r (id))
        ),
        concern AS MATERIALIZED (
            SELECT q.parent_id AS project_id, s.item_id FROM quote q JOIN source s ON s.name_key = q.name_key AND q.name_key <> ''
            UNION
            SELECT q.parent_id, r.id FROM quote q CROSS JOIN LATERAL unnest(q.relation_ids) AS r (id)
        ),
        -- Known only from when all that it consists of is known.
        known AS MATERIALIZED (
            SELECT part.project_id, max(part.since) AS since
            FROM (
                SELECT p.item_id AS project_id, min(p.valid_from) AS since FROM project p GROUP BY p.item_id
                UNION ALL
                SELECT q.parent_id, q.begins_at FROM quote q WHERE NOT q.is_whole AND q.valid_from = q.begins_at
                UNION ALL
                SELECT c.project_id, s.begins_at FROM concern c JOIN source s USING (item_id) WHERE NOT s.is_whole AND s.valid_from = s.begins_at
                UNION ALL
                -- A quote came from a project that nothing names: it may have been any of the board.
                SELECT p.item_id, s.valid_from
                FROM project p
                JOIN monday_board b ON b.parent_board_id = p.board_id
                JOIN monday_past s ON s.run_id = $1 AND s.role = 'subitem' AND s.board_id = b.board_id AND s.came_from_elsewhere
                    AND s.valid_from = s.begins_at
            ) part
            GROUP BY part.project_id
        ),
        moment AS MATERIALIZED (
            SELECT m.project_id, m.at, row_number() OVER () AS number
            FROM (
                SELECT p.item_id AS project_id, p.valid_from AS at FROM project p
                UNION SELECT k.project_id, k.since FROM known k
                UNION SELECT q.parent_id, unnest(ARRAY[q.valid_from, q.valid_to]) FROM quote q
                UNION SELECT c.project_id, unnest(ARRAY[s.valid_from, s.valid_to]) FROM concern c JOIN source s USING (item_id)
                UNION SELECT q.parent_id, unnest(ARRAY[n.valid_from, n.valid_to]) FROM quote q JOIN namesake n USING (name_key)
            ) m
            JOIN known k USING (project_id)
            LEFT JOIN first_observed o ON o.project_id = m.project_id
            WHERE m.at >= k.since AND m.at < now() AND (m.at < o.begins OR o.begins IS NULL)
        ),
        hidden_items AS MATERIALIZED (
            WITH own AS MATERIALIZED (
                SELECT r.*
                FROM moment m
                JOIN concern c USING (project_id)
                JOIN source s ON s.item_id = c.item_id AND s.valid_from <= m.at AND (s.valid_to > m.at OR s.valid_to IS NULL)
                CROSS JOIN LATERAL jsonb_populate_record(NULL::hidden_items, %4$s) AS r
            ),
            %1$s
            SELECT f.*, name_key(f.item_name) AS name_key FROM final f
        ),
        quote_then AS MATERIALIZED (
            WITH subitems AS MATERIALIZED (
                SELECT r.monday_id, r.board_id, r.state, name_key(r.item_name) AS name_key
                FROM (SELECT DISTINCT q.parent_id AS project_id, n.* FROM quote q JOIN namesake n USING (name_key)) s
                JOIN moment m ON m.project_id = s.project_id AND s.valid_from <= m.at AND (s.valid_to > m.at OR s.valid_to IS NULL)
                CROSS JOIN LATERAL jsonb_populate_record(NULL::subitems, %5$s) AS r
            ),
            own AS MATERIALIZED (
                SELECT r.*
                FROM moment m
                JOIN quote s ON s.parent_id = m.project_id AND s.valid_from <= m.at AND (s.valid_to > m.at OR s.valid_to IS NULL)
                CROSS JOIN LATERAL jsonb_populate_record(NULL::subitems, %5$s || jsonb_build_object(
                    'parent_monday_id', m.project_id || ' @' || m.number,
                    'relation_ids', ARRAY(SELECT r.id || ' @' || m.number FROM unnest(s.relation_ids) AS r (id)))) AS r
            ),
            %2$s
            SELECT * FROM final
        ),
        project_then AS (
            WITH subitems AS (SELECT * FROM quote_then),
            own AS MATERIALIZED (
                SELECT r.*
                FROM moment m
                JOIN project s ON s.item_id = m.project_id AND s.valid_from <= m.at AND (s.valid_to > m.at OR s.valid_to IS NULL)
                CROSS JOIN LATERAL jsonb_populate_record(NULL::projects, %5$s) AS r
            ),
            %3$s
            SELECT * FROM final
        )
        INSERT INTO pg_temp.pipeline_history_intake (project_id, valid_from, item_name, %6$s)
        SELECT m.project_id, m.at, s.item_name, %7$s
        FROM moment m
        JOIN project s ON s.item_id = m.project_id AND s.valid_from <= m.at AND (s.valid_to > m.at OR s.valid_to IS NULL)
        JOIN project_then f ON f.monday_id = m.project_id || ' @' || m.number
        $sql$,
        hidden_values_sql(), subitem_values_sql(), project_values_sql(),
        past_item_columns('s', 'm'), past_item_columns('s', 'm'),
        string_agg(c.name, ', '), string_agg('f.' || c.name, ', '))
    FROM regexp_split_to_table(btrim('@list history/project_columns.sql@'), E'\\s*,\\s*') AS c (name)
    WHERE c.name <> 'item_name'
$function$;
COMMENT ON FUNCTION pipeline_internal.past_projects_sql() IS
    'SQL that derives the states of projects at every moment at which something of them changed, into the intake of history.';

-- A board whose stage or value stands in a column that leaves no trace in the log has no past that could be told.
CREATE FUNCTION pipeline_internal.boards_without_past(run_id bigint) RETURNS TABLE(board_id text, reason text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT b.board_id, format('no log tells the past of column %s (%s), a %s', c.column_id, c.field, c.kind)
    FROM monday_board b
    JOIN monday_column c ON c.board_id = b.board_id AND c.kind IN ('formula', 'mirror')
    WHERE b.role = 'parent' AND b.is_active
      AND (c.field = 'pipeline_stage'
           OR c.field IN ('new_enquiry_value', 'total_order_value')
              AND NOT EXISTS (SELECT FROM monday_board s WHERE s.role = 'subitem' AND s.parent_board_id = b.board_id AND s.is_active))
    UNION ALL
    SELECT b.board_id, format('the log of board %s ("%s") was not read', part.board_id, part.name)
    FROM monday_board b
    JOIN monday_board part ON part.is_active AND (part.board_id = b.board_id OR part.parent_board_id = b.board_id OR part.role = 'hidden'
        AND NOT EXISTS (SELECT FROM monday_board own WHERE own.role = 'hidden' AND own.is_active AND own.parent_board_id = b.board_id))
    WHERE b.role = 'parent' AND b.is_active
      AND NOT EXISTS (SELECT FROM monday_log_reach r WHERE r.board_id = part.board_id AND r.walked_by = boards_without_past.run_id)
$$;
COMMENT ON FUNCTION pipeline_internal.boards_without_past(bigint) IS
    'Parent boards for whose projects a run can tell no past, and why.';

CREATE FUNCTION pipeline_work.merge_monday_past(
    run_id bigint,
    after_project text DEFAULT '',
    most integer DEFAULT 500,
    OUT projects bigint,
    OUT last_project text,
    OUT versions_written bigint
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET jit = off
SET work_mem = '64MB'
-- Nobody knows how many rows a moment makes of the tables in the statement; compared row by row they would take hours.
SET enable_nestloop = off
AS $$
DECLARE
    ids text[];
    merged record;
BEGIN
    PERFORM require_writable('import history');
    PERFORM require_layout();
    PERFORM require_run(run_id);
    ids := ARRAY(
        SELECT DISTINCT p.item_id
        FROM monday_past p
        WHERE p.run_id = merge_monday_past.run_id AND p.role = 'parent' AND p.item_id > after_project
          AND p.board_id NOT IN (SELECT b.board_id FROM boards_without_past(merge_monday_past.run_id) b)
          -- The quotes of a project that left before it was read are on no list: the logs name them all only where they tell
          -- of its whole life.
          AND (EXISTS (SELECT FROM project_history h WHERE h.project_id = p.item_id AND h.origin = 'observed' AND h.state = 'active')
               OR p.is_whole AND NOT EXISTS (
                    SELECT FROM monday_board b JOIN monday_log_reach r ON r.board_id = b.board_id
                    WHERE b.parent_board_id = p.board_id AND b.role = 'subitem' AND r.reaches_from > p.begins_at))
        ORDER BY 1 LIMIT most);
    projects := cardinality(ids);
    last_project := ids[projects];
    versions_written := 0;
    IF projects = 0 THEN
        RETURN;
    END IF;
    PERFORM open_history_intake();
    EXECUTE past_projects_sql() USING run_id, ids, NULL::text, NULL::text[], NULL::bigint,
        regexp_split_to_array(pipeline_setting('statuses_without_value'), E'\\s*,\\s*'),
        pipeline_setting('new_enquiry_reason');
    SELECT * INTO merged FROM merge_history_intake('log');
    versions_written := merged.versions_written;
    PERFORM add_to_run(run_id, jsonb_build_object(
        'projects', projects, 'projects_with_a_past', merged.projects,
        'versions_written', merged.versions_written, 'versions_removed', merged.versions_removed));
END;
$$;
COMMENT ON FUNCTION pipeline_work.merge_monday_past(bigint, text, integer) IS
    'Derives the past of projects, in the order of their ids, from the versions that walk_monday_items() kept, and merges it into project_history, before what was observed. Returns how many projects there were (fewer than asked for: all are done), the last one, and the versions that are new or differ; the same log once more writes nothing. Error P0002 for an unknown run.';

CREATE FUNCTION pipeline_work.end_monday_past(run_id bigint) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('import history');
    PERFORM require_layout();
    DELETE FROM monday_past p WHERE p.run_id = end_monday_past.run_id;
    RETURN QUERY SELECT format('board %s: %s', b.board_id, b.reason) FROM boards_without_past(end_monday_past.run_id) b ORDER BY 1;
END;
$$;
COMMENT ON FUNCTION pipeline_work.end_monday_past(bigint) IS
    'Removes the versions that a run has walked. Returns the boards for whose projects there is no past, and why.';
