-- The past of items: what is stored now, walked backward through the activity log.

CREATE FUNCTION pipeline_internal.walk_monday_past(items jsonb, board jsonb) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_walk_monday_past';
COMMENT ON FUNCTION pipeline_internal.walk_monday_past(jsonb, jsonb) IS
    'The versions of items of a board, from what they are now and the entries of its activity log; moments in microseconds since 1970.';

CREATE FUNCTION pipeline_internal.add_to_run(run_id bigint, counts jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    UPDATE sync_log l
    SET seen_at = clock_timestamp(),
        metadata = l.metadata || (
            SELECT coalesce(jsonb_object_agg(c.key, coalesce((l.metadata->>c.key)::bigint, 0) + c.value::bigint), '{}')
            FROM jsonb_each_text(counts) AS c)
    WHERE l.id = run_id
$$;
COMMENT ON FUNCTION pipeline_internal.add_to_run(bigint, jsonb) IS 'Adds counts to those in the metadata of a run.';

CREATE FUNCTION pipeline_work.walk_monday_items(
    run_id bigint,
    board_id text,
    after_item text DEFAULT '',
    most integer DEFAULT 200,
    OUT items bigint,
    OUT last_item text
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET jit = off
AS $$
DECLARE
    board jsonb;
    reach timestamptz;
BEGIN
    PERFORM require_writable('import history');
    PERFORM require_layout();
    PERFORM require_run(run_id);
    board := require_monday_board(board_id);
    SELECT r.reaches_from INTO reach FROM monday_log_reach r WHERE r.board_id = walk_monday_items.board_id;
    IF reach IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('the activity log of board "%s" was not read to its end', board_id),
            HINT = 'pipeline-poller history reads it, and goes on where an earlier run was broken off.';
    END IF;
    board := board || jsonb_build_object(
        'log_begins', microseconds_of(reach),
        'people', (SELECT coalesce(jsonb_object_agg(p.person_id, p.person_name), '{}') FROM monday_person p));
    EXECUTE format($sql$
        WITH item AS MATERIALIZED (
            SELECT i.* FROM %1$I i WHERE i.board_id = $2 AND i.monday_id > $3 ORDER BY i.monday_id LIMIT $4
        ),
        own AS MATERIALIZED (
            SELECT i.monday_id, l.at, l.event, l.data, l.parent_id
            FROM item i
            JOIN monday_log l ON l.item_ids @> ARRAY[i.monday_id] AND l.board_id = $2
        ),
        entry AS (
            SELECT o.monday_id, o.at, o.event, o.data FROM own o
            UNION ALL
            -- What archives or deletes the item that a subitem belongs to takes it along.
            SELECT p.monday_id, l.at, l.event, l.data
            FROM (SELECT o.monday_id, o.parent_id FROM own o WHERE o.parent_id IS NOT NULL UNION %2$s) p
            JOIN monday_log l ON l.item_ids @> ARRAY[p.parent_id] AND l.event ~ 'archive|delete|restore' AND l.board_id <> $2
        ),
        logged AS (
            SELECT e.monday_id, jsonb_agg(jsonb_build_object('at', microseconds_of(e.at), 'event', e.event, 'data', e.data)) AS log
            FROM entry e GROUP BY e.monday_id
        ),
        walked AS MATERIALIZED (
            SELECT w.*
            FROM (SELECT jsonb_agg(jsonb_build_object(
                        'id', i.monday_id, 'name', i.item_name, 'state', i.state, 'parent_id', %3$s,
                        'created_at', microseconds_of(%4$s),
                        'values', to_jsonb(i) || jsonb_build_object('hidden_item_id', %5$s), 'log', coalesce(l.log, '[]'))) AS items
                  FROM item i LEFT JOIN logged l USING (monday_id)) given
            CROSS JOIN LATERAL jsonb_to_recordset(walk_monday_past(given.items, $5)) AS w (
                item_id text, is_whole boolean, came_from_elsewhere boolean, contradictions integer, versions jsonb, refusals jsonb)
        ),
        forgotten AS (
            DELETE FROM monday_past p USING item i WHERE p.run_id = $1 AND p.role = $6 AND p.item_id = i.monday_id
        ),
        written AS (
            INSERT INTO monday_past (run_id, role, board_id, item_id, valid_from, valid_to, item_name, name_key, state, parent_id,
                relation_ids, direct_fields, field_values, created_at, begins_at, is_whole, came_from_elsewhere)
            SELECT $1, $6, $2, w.item_id, moment_of(v.valid_from),
                moment_of(lead(v.valid_from) OVER (PARTITION BY w.item_id ORDER BY v.valid_from)),
                v.item_name, coalesce(name_key(v.item_name), ''), v.state, nullif(v.parent_id, ''),
                coalesce((v.field_values->>'hidden_item_id')::text[], '{}'), v.direct_fields,
                v.field_values - 'hidden_item_id', %4$s,
                moment_of(min(v.valid_from) OVER (PARTITION BY w.item_id)), w.is_whole, w.came_from_elsewhere
            FROM walked w
            JOIN item i ON i.monday_id = w.item_id
            CROSS JOIN LATERAL jsonb_to_recordset(w.versions) AS v (
                valid_from bigint, item_name text, state text, parent_id text, direct_fields text[], field_values jsonb)
        ),
        refused AS (
            INSERT INTO sync_reject (run_id, board_id, item_id, field, raw_value, reason)
            SELECT $1, $2, w.item_id, r.field, left(r.raw, 1000), 'in the activity log: ' || r.reason
            FROM walked w
            CROSS JOIN LATERAL jsonb_to_recordset(w.refusals) AS r (field text, raw text, reason text)
            RETURNING 1
        ),
        counted AS (
            SELECT add_to_run($1, jsonb_build_object(
                'items_walked', count(*), 'items_unknown_before', count(*) FILTER (WHERE NOT w.is_whole),
                'contradictions', coalesce(sum(w.contradictions), 0), 'values_refused', (SELECT count(*) FROM refused)))
            FROM walked w
        )
        SELECT (SELECT count(*) FROM item), (SELECT max(i.monday_id) FROM item i) FROM counted
    $sql$,
        monday_table(board->>'role'),
        CASE board->>'role' WHEN 'subitem' THEN 'SELECT i.monday_id, i.parent_monday_id FROM item i WHERE i.parent_monday_id IS NOT NULL'
                            ELSE 'SELECT NULL, NULL WHERE false' END,
        CASE board->>'role' WHEN 'subitem' THEN 'i.parent_monday_id' ELSE 'NULL' END,
        CASE board->>'role' WHEN 'subitem' THEN 'i.monday_created_at' ELSE 'NULL::timestamptz' END,
        CASE board->>'role' WHEN 'subitem' THEN 'i.relation_ids' ELSE '''{}''::text[]' END)
    INTO items, last_item
    USING run_id, board_id, after_item, most, board, board->>'role';
    IF items < most THEN
        UPDATE monday_log_reach r SET walked_by = run_id WHERE r.board_id = walk_monday_items.board_id;
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_work.walk_monday_items(bigint, text, text, integer) IS
    'Walks the items of a board, in the order of their ids, back through its activity log, and keeps their versions for merge_monday_past(). Returns how many there were (fewer than asked for: the board is done) and the last one. Errors: 22023 unknown board, P0002 unknown run, 55000 a log that was not read to its end.';
