-- Three boards of bench.projects projects with about two and a half subitems each, as pages of 500 items in the form of
-- the API, and the plain tables into which the reference stores the same rows.
CREATE SCHEMA bench;
INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES
    ('1', 'parent', 'Projects', NULL), ('2', 'subitem', 'Subitems', '1'), ('3', 'hidden', 'Quotes', '1');
INSERT INTO monday_column (board_id, column_id, field, kind)
SELECT b.id, 'c_' || f.field, f.field,
    CASE WHEN f.sql_type = 'date' THEN 'date' WHEN f.sql_type LIKE 'numeric%' THEN 'numbers' ELSE 'text' END
FROM (VALUES ('1', 'parent'), ('3', 'hidden')) AS b (id, role)
CROSS JOIN monday_fields(b.role) f
WHERE NOT f.is_written AND NOT f.is_derived;
INSERT INTO monday_column (board_id, column_id, field, kind) VALUES ('2', 'link', 'hidden_item_id', 'board_relation');

CREATE UNLOGGED TABLE bench.item AS
WITH numbered AS (
    SELECT b.board, n FROM (VALUES ('1', 1.0), ('2', 2.36), ('3', 2.36)) AS b (board, share)
    CROSS JOIN LATERAL generate_series(0, (current_setting('bench.projects')::integer * b.share)::integer - 1) AS n
)
SELECT i.board, i.n, jsonb_build_object(
    'id', i.board || lpad(i.n::text, 9, '0'),
    'name', CASE i.board WHEN '1' THEN (10000 + i.n)::text ELSE format('%s_25.%s - A', 10000 + i.n / 2, i.n % 2) END,
    'state', 'active', 'updated_at', '2025-06-01T10:00:00Z', 'created_at', '2025-01-01T10:00:00Z',
    'parent_item', CASE i.board WHEN '2' THEN jsonb_build_object('id', '1' || lpad((i.n * 100 / 236)::text, 9, '0')) END,
    'column_values', CASE i.board WHEN '2' THEN jsonb_build_array(jsonb_build_object(
        'id', 'link', 'type', 'board_relation', 'text', NULL, 'value', NULL,
        'linked_item_ids', CASE WHEN i.n % 2 = 0 THEN jsonb_build_array('3' || lpad(i.n::text, 9, '0')) ELSE '[]' END))
    ELSE (SELECT jsonb_agg(jsonb_build_object('id', c.column_id, 'type', c.kind, 'value', NULL, 'text',
            CASE WHEN c.field = 'probability_percent' THEN (i.n % 101)::text
                 WHEN c.field IN ('tp_margin', 'distributor_margin', 'commission') THEN (i.n % 20)::text
                 WHEN c.field = 'reason_for_change' THEN CASE i.n % 3 WHEN 0 THEN 'New Enquiry' ELSE 'Amendment' END
                 WHEN c.field = 'pipeline_stage' THEN 'Open Enquiry'
                 WHEN c.kind = 'numbers' THEN (100 + (i.n * 7 + length(c.field)) % 5000)::text || '.25'
                 WHEN c.kind = 'date' THEN (date '2024-01-01' + i.n % 500)::text
                 ELSE c.field || i.n % 40 END))
          FROM monday_column c WHERE c.board_id = i.board) END) AS item
FROM numbered i;
CREATE UNLOGGED TABLE bench.page AS
SELECT board, n / 500 AS number, jsonb_agg(item ORDER BY n) AS items FROM bench.item GROUP BY board, n / 500;
DROP TABLE bench.item;

-- The same columns and indexes, without triggers.
CREATE SCHEMA plain;
CREATE TABLE plain.projects (LIKE projects INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING INDEXES);
CREATE TABLE plain.subitems (LIKE subitems INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING INDEXES);
CREATE TABLE plain.hidden_items (LIKE hidden_items INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING INDEXES);

-- A page into its plain table: the same values taken out of the same JSON with the operators of jsonb, cast and upserted.
-- Nothing is checked, linked or derived.
CREATE FUNCTION plain.store(board text, items jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    target text := CASE board WHEN '1' THEN 'projects' WHEN '2' THEN 'subitems' ELSE 'hidden_items' END;
    columns text;
    taken text;
    assigned text;
BEGIN
    SELECT string_agg(', ' || c.field, ''), string_agg(format(', nullif(v.texts->>%L, '''')::%s', c.column_id, f.sql_type), ''),
        string_agg(format(', %1$s = excluded.%1$s', c.field), '')
    INTO columns, taken, assigned
    FROM monday_column c
    JOIN monday_fields(CASE board WHEN '1' THEN 'parent' ELSE 'hidden' END) f ON f.field = c.field
    WHERE c.board_id = board;
    EXECUTE format($sql$
        INSERT INTO plain.%1$s AS stored (monday_id, item_name, monday_updated_at %2$s %3$s)
        SELECT i->>'id', i->>'name', (i->>'updated_at')::timestamptz %4$s %5$s
        FROM jsonb_array_elements($1) i
        CROSS JOIN LATERAL (SELECT jsonb_object_agg(e->>'id', e->'text') AS texts FROM jsonb_array_elements(i->'column_values') e) v
        ON CONFLICT (monday_id) DO UPDATE
        SET item_name = excluded.item_name, monday_updated_at = excluded.monday_updated_at, last_synced_at = now() %6$s
    $sql$, target, CASE board WHEN '2' THEN ', parent_monday_id' END, columns,
        CASE board WHEN '2' THEN ', i->''parent_item''->>''id''' END, taken, assigned) USING items;
END;
$$;
