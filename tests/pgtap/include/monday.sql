-- A set of boards (1 parent, 2 its subitems, 3 hidden) whose columns are called like their fields, and items of them.
INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES
    ('1', 'parent', 'Projects', NULL), ('2', 'subitem', 'Subitems of Projects', '1'), ('3', 'hidden', 'Quotes', '1');
INSERT INTO monday_column (board_id, column_id, field, kind)
SELECT board.id, f.field, f.field,
    CASE WHEN f.sql_type = 'date' THEN 'date' WHEN f.sql_type = 'text' THEN 'text' ELSE 'numbers' END
FROM (VALUES ('1', 'parent'), ('3', 'hidden')) AS board (id, role)
CROSS JOIN monday_fields(board.role) f
WHERE NOT f.is_written AND (NOT f.is_derived OR f.field IN ('project_name', 'quote_amount'));
INSERT INTO monday_column (board_id, column_id, field, kind) VALUES ('2', 'hidden_item_id', 'hidden_item_id', 'board_relation');

-- An item as the API returns it; of its columns those that are not given are empty.
CREATE FUNCTION pg_temp.item(
    board text, id text, name text, texts jsonb DEFAULT '{}', at timestamptz DEFAULT '2025-06-01 10:00+00',
    parent text DEFAULT NULL, state text DEFAULT 'active', links jsonb DEFAULT '[]'
) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object(
        'id', id, 'name', name, 'state', state, 'updated_at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'parent_item', CASE WHEN parent IS NOT NULL THEN jsonb_build_object('id', parent) END,
        'column_values', coalesce(jsonb_agg(
            jsonb_build_object('id', c.column_id, 'type', c.kind, 'text', coalesce(texts->>c.column_id, ''), 'value', NULL)
            || CASE c.kind WHEN 'board_relation' THEN jsonb_build_object('linked_item_ids', links) ELSE '{}' END), '[]'))
    FROM monday_column c WHERE c.board_id = board
$$;
-- Ingests items and tells what became of them: created, updated, unchanged, stale, rejected, projects changed.
CREATE FUNCTION pg_temp.ingest(board text, VARIADIC items jsonb[]) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s created, %s updated, %s unchanged, %s stale, %s rejected, %s projects',
                  i.created, i.updated, i.unchanged, i.stale, i.rejected, i.projects_changed)
    FROM ingest_monday_items(board, to_jsonb(items)) i
$$;
-- The rejects of the newest run.
CREATE FUNCTION pg_temp.rejects() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s "%s": %s', coalesce(item_id, '-'), coalesce(field, '(item)'), raw_value, reason), '; '
                      ORDER BY item_id, field, reason)
    FROM sync_reject WHERE run_id = (SELECT max(id) FROM sync_log)
$$;
