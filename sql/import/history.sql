-- A field history read through a mapping into the past of projects.

-- States from changes: each field keeps what was last said of it. A value is '=' and its text, '-' where it was cleared, and
-- NULL where a row does not speak of it; with its place in front, the greatest one so far is the last.
CREATE FUNCTION pipeline_internal.fold_history(fields text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT format(
        'INSERT INTO pg_temp.pipeline_history_intake (project_id, valid_from, item_name, state%s) '
        'SELECT f.project_id, f.moment, coalesce(%s, f.known_item_name, f.project_id), coalesce(%s, ''active'')%s FROM ('
        'SELECT e.project_id, e.moment, e.place, e.known_item_name%s FROM ('
        'SELECT v.*, k.item_name AS known_item_name, row_number() OVER (PARTITION BY v.project_id ORDER BY v.moment, v.place) AS n '
        'FROM pg_temp.pipeline_history_event v LEFT JOIN pg_temp.pipeline_history_known k ON k.project_id = v.project_id) e '
        'WINDOW so_far AS (PARTITION BY e.project_id ORDER BY e.moment, e.place ROWS UNBOUNDED PRECEDING)) f '
        'ORDER BY f.project_id, f.moment, f.place',
        string_agg(format(', %I', c.name), '' ORDER BY c.name) FILTER (WHERE c.name NOT IN ('item_name', 'state')),
        CASE WHEN 'item_name' = ANY ($1) THEN 'CASE WHEN substr(f.item_name, 13, 1) = ''='' THEN substr(f.item_name, 14) END' ELSE 'NULL' END,
        CASE WHEN 'state' = ANY ($1) THEN 'CASE WHEN substr(f.state, 13, 1) = ''='' THEN substr(f.state, 14) END' ELSE 'NULL' END,
        string_agg(format(', CASE WHEN substr(f.%I, 13, 1) = ''='' THEN substr(f.%1$I, 14) END::%s', c.name, c.type), '' ORDER BY c.name)
            FILTER (WHERE c.name NOT IN ('item_name', 'state')),
        string_agg(format(', max(lpad(e.n::text, 12, ''0'') || e.%I COLLATE "C") OVER so_far AS %1$I', c.name), '' ORDER BY c.name))
    FROM (
        SELECT f.name, format_type(a.atttypid, a.atttypmod) AS type
        FROM unnest($1) AS f (name)
        JOIN pg_attribute a ON a.attrelid = 'project_history'::regclass AND a.attname = f.name
    ) c
$$;
COMMENT ON FUNCTION pipeline_internal.fold_history(text[]) IS
    'The statement that makes states of pg_temp.pipeline_history_event and inserts them into the intake of history.';

CREATE FUNCTION pipeline_internal.reject_history_rows(run bigint, counts jsonb, key_number bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    field record;
    refused bigint;
    rejected bigint;
BEGIN
    EXECUTE format($sql$
        INSERT INTO sync_reject (run_id, item_id, line, field, raw_value, reason)
        SELECT $1, i.key, r.pipeline_line, CASE WHEN i.key IS NULL THEN 'project_id' ELSE 'moment' END,
               CASE WHEN i.key IS NULL THEN i.raw_%1$s ELSE r.pipeline_raw END,
               CASE WHEN i.key IS NULL THEN coalesce(i.reason_%1$s, 'project_id is blank')
                    WHEN r.pipeline_moment IS NULL THEN 'no moment that can be read' ELSE 'a moment before 1900 or in the future' END
        FROM pg_temp.pipeline_import i
        JOIN pg_temp.pipeline_history_row r ON r.pipeline_place = i.line
        WHERE i.key IS NULL OR (r.pipeline_moment BETWEEN '1900-01-01' AND now()) IS NOT TRUE
        ORDER BY r.pipeline_line
    $sql$, key_number) USING run;
    GET DIAGNOSTICS rejected = ROW_COUNT;
    FOR field IN
        SELECT f.n, f.counted->>'field' AS name
        FROM jsonb_array_elements(counts->'fields') WITH ORDINALITY AS f (counted, n)
        WHERE f.n <> key_number AND f.counted->>'refused' <> '0'
    LOOP
        EXECUTE format($sql$
            INSERT INTO sync_reject (run_id, item_id, line, field, raw_value, reason)
            SELECT $1, i.key, r.pipeline_line, %L, i.raw_%s, i.reason_%2$s
            FROM pg_temp.pipeline_import i
            JOIN pg_temp.pipeline_history_row r ON r.pipeline_place = i.line
            WHERE i.reason_%2$s IS NOT NULL
            ORDER BY r.pipeline_line
        $sql$, field.name, field.n) USING run;
        GET DIAGNOSTICS refused = ROW_COUNT;
        rejected := rejected + refused;
    END LOOP;
    RETURN rejected;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.reject_history_rows(bigint, jsonb, bigint) IS
    'Notes what of a history cannot be read, by line and field; returns how much. counts: import_counts().';

-- A log that ends with another value than observation begins with has missed a change.
CREATE FUNCTION pipeline_internal.note_history_contradictions(run bigint, fields text[]) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    name text;
    found bigint;
    counts jsonb := '{}';
BEGIN
    FOREACH name IN ARRAY fields LOOP
        EXECUTE format($sql$
            INSERT INTO sync_reject (run_id, item_id, field, raw_value, reason)
            SELECT $1, h.project_id, %1$L, left(h.%1$I::text, 1000),
                   format('the history ends with this value, and what was observed begins with %%s', coalesce('"' || left(k.%1$I::text, 200) || '"', 'none'))
            FROM pg_temp.pipeline_history_known k
            JOIN project_history h ON h.project_id = k.project_id AND h.valid_to = k.begins AND h.origin = 'log'
            WHERE h.%1$I IS NOT NULL AND h.%1$I IS DISTINCT FROM k.%1$I
            ORDER BY h.project_id
        $sql$, name) USING run;
        GET DIAGNOSTICS found = ROW_COUNT;
        IF found > 0 THEN
            counts := counts || jsonb_build_object(name, found);
        END IF;
    END LOOP;
    RETURN counts;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.note_history_contradictions(bigint, text[]) IS
    'Notes the projects whose imported history ends with another value than observation begins with; returns their number by field.';

CREATE FUNCTION pipeline.import_project_history(
    source regclass,
    mapping jsonb DEFAULT NULL,
    OUT projects bigint,
    OUT versions_written bigint,
    OUT versions_removed bigint,
    OUT states_after_observation bigint,
    OUT unknown_projects bigint,
    OUT contradictions bigint,
    OUT rejected bigint,
    OUT run_id bigint
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET standard_conforming_strings = on
SET datestyle = 'ISO, YMD'
SET timezone = 'UTC'
SET jit = off
SET work_mem = '128MB'
AS $$
DECLARE
    kept CONSTANT text[] := string_to_array('@list history/project_columns.sql@', ', ');
    counts jsonb;
    plan jsonb;
    key_number bigint;
    mapped text[];
    steady text[];
    folded text[];
    has_logs boolean;
    is_long boolean;
    known jsonb;
    differing jsonb;
    total bigint;
    unreadable bigint := 0;
BEGIN
    PERFORM require_writable('import history');
    PERFORM require_layout();
    IF source IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004', MESSAGE = 'source must not be null',
            HINT = 'Call import_project_history(''<staging table>'', ''{"history": {"moment": "<column>"}, "fields": {"project_id": "<column>"}}'').';
    END IF;
    mapping := CASE WHEN mapping ? 'fields' THEN mapping ELSE propose_history_import(source) || coalesce(mapping, '{}') END;
    PERFORM require_history_mapping(source, mapping);
    is_long := mapping->'history' ? 'field';
    counts := stage_history(source, mapping, counts);
    SELECT count(*) INTO total FROM pg_temp.pipeline_history_row;

    SELECT plan_import(
        (jsonb_build_object('fields', mapping->'fields') || coalesce(jsonb_strip_nulls(jsonb_build_object('decimal_mark', mapping->'decimal_mark')), '{}'))::text,
        'pg_temp.pipeline_history_row', array_agg(a.attname::text ORDER BY a.attnum), array_agg(t.typcategory = 'S' ORDER BY a.attnum),
        'public', 'pipeline_internal')
    INTO plan
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = 'pg_temp.pipeline_history_row'::regclass AND a.attnum > 0;
    PERFORM stage_import('pg_temp.pipeline_history_row', plan, '{"line": "pipeline_place"}');
    known := import_counts(plan);
    IF NOT coalesce((mapping->>'accept_losses')::boolean, false) THEN
        PERFORM require_readable_import(plan, known);
    END IF;
    SELECT f.n INTO key_number FROM jsonb_array_elements(plan->'fields') WITH ORDINALITY AS f (spec, n) WHERE f.spec->>'name' = 'project_id';
    mapped := ARRAY(SELECT f->>'name' FROM jsonb_array_elements(plan->'fields') AS f WHERE f->>'name' <> 'project_id' ORDER BY 1);
    steady := ARRAY(
        SELECT s.name FROM jsonb_array_elements_text(coalesce(mapping->'steady', '["item_name", "project_name", "date_created"]')) AS s (name)
        WHERE s.name <> ALL (mapped));

    INSERT INTO sync_log (sync_type, board_name, trigger)
    VALUES ('history_import', coalesce(mapping->'file_rows'->>'file', mapping->>'preset', source::text), 'import_project_history')
    RETURNING id INTO run_id;
    rejected := reject_history_rows(run_id, known, key_number);
    IF mapping->'file_rows' ? 'reason' THEN
        EXECUTE format(
            'INSERT INTO sync_reject (run_id, line, raw_value, reason) '
            'SELECT $1, s.%1$I, s.%2$I, ''the row '' || s.%3$I FROM %4$s s WHERE s.%3$I IS NOT NULL ORDER BY s.%1$I',
            mapping->'file_rows'->>'line', mapping->'file_rows'->>'text', mapping->'file_rows'->>'reason', source) USING run_id;
        GET DIAGNOSTICS unreadable = ROW_COUNT;
        rejected := rejected + unreadable;
    END IF;

    -- What each project was when observation began.
    CREATE TEMP TABLE pipeline_history_known ON COMMIT DROP AS
    SELECT o.* FROM first_observed o WHERE o.project_id IN (SELECT i.key FROM pg_temp.pipeline_import i);
    ANALYZE pg_temp.pipeline_history_known;
    has_logs := EXISTS (
        SELECT FROM project_history h WHERE h.origin = 'log' AND h.project_id IN (SELECT i.key FROM pg_temp.pipeline_import i));
    folded := ARRAY(SELECT k.name FROM unnest(kept) AS k (name) WHERE has_logs OR k.name = ANY (mapped || steady) ORDER BY 1);

    EXECUTE (
        SELECT format(
            'CREATE TEMP TABLE pipeline_history_event ON COMMIT DROP AS '
            'SELECT i.key AS project_id, r.pipeline_moment AS moment, r.pipeline_place AS place%s '
            'FROM pg_temp.pipeline_import i JOIN pg_temp.pipeline_history_row r ON r.pipeline_place = i.line '
            'WHERE i.key IS NOT NULL AND r.pipeline_moment BETWEEN ''1900-01-01'' AND now()',
            string_agg(CASE WHEN f.n IS NULL THEN format(', NULL::text AS %I', c.name) ELSE format(
                ', CASE WHEN i.reason_%1$s IS NULL AND %3$s THEN coalesce(''='' || i.value_%1$s::text, ''-'') END AS %2$I', f.n, c.name,
                CASE WHEN is_long THEN format('r.pipeline_field = ANY (%L)', ARRAY(
                    SELECT v.value#>>'{}' FROM jsonb_path_query(jsonb_build_array(mapping->'fields'->c.name), 'strict $.**') AS v (value)
                    WHERE jsonb_typeof(v.value) = 'string')) ELSE 'true' END) END, '' ORDER BY c.name))
        FROM unnest(folded) AS c (name)
        LEFT JOIN LATERAL (
            SELECT p.n FROM jsonb_array_elements(plan->'fields') WITH ORDINALITY AS p (spec, n) WHERE p.spec->>'name' = c.name) f ON true);
    ANALYZE pg_temp.pipeline_history_event;
    CREATE TEMP TABLE pipeline_history_span ON COMMIT DROP AS
    SELECT e.project_id, min(e.moment) AS first_moment, max(e.moment) AS last_moment FROM pg_temp.pipeline_history_event e GROUP BY e.project_id;
    ANALYZE pg_temp.pipeline_history_span;
    -- A field that a log keeps and never names did not change; what is steady is no subject of it.
    EXECUTE (
        SELECT format(
            'INSERT INTO pg_temp.pipeline_history_event (project_id, moment, place%s) '
            'SELECT s.project_id, s.first_moment, -2::bigint * 1000000000000%s FROM pg_temp.pipeline_history_span s '
            'JOIN pg_temp.pipeline_history_known k ON k.project_id = s.project_id '
            'JOIN (SELECT e.project_id%s FROM pg_temp.pipeline_history_event e GROUP BY e.project_id) t ON t.project_id = s.project_id',
            string_agg(format(', %I', c.name), '' ORDER BY c.name),
            string_agg(CASE WHEN c.name = ANY (steady) OR is_long AND c.name = ANY (mapped) THEN format(
                ', CASE WHEN NOT t.%I THEN coalesce(''='' || k.%1$I::text, ''-'') END', c.name) ELSE ', NULL' END, '' ORDER BY c.name),
            string_agg(format(', bool_or(e.%I IS NOT NULL) AS %1$I', c.name), '' ORDER BY c.name))
        FROM unnest(folded) AS c (name));
    IF has_logs THEN
        -- Beside an earlier import: of fields that this one does not map, and of later times, what that one said.
        EXECUTE (
            SELECT format(
                'INSERT INTO pg_temp.pipeline_history_event (project_id, moment, place%s) '
                'SELECT h.project_id, greatest(h.valid_from, s.first_moment), '
                '-1::bigint * 1000000000000 + row_number() OVER (PARTITION BY h.project_id ORDER BY h.valid_from)%s '
                'FROM pg_temp.pipeline_history_span s JOIN project_history h ON h.project_id = s.project_id AND h.origin = ''log''',
                string_agg(format(', %I', c.name), '' ORDER BY c.name),
                string_agg(CASE WHEN c.name = ANY (mapped)
                    THEN format(', CASE WHEN h.valid_from > s.last_moment THEN ''='' || h.%I::text END', c.name)
                    ELSE format(', coalesce(''='' || h.%I::text, ''-'')', c.name) END, '' ORDER BY c.name))
            FROM unnest(folded) AS c (name));
    END IF;

    PERFORM open_history_intake();
    EXECUTE fold_history(folded);
    SELECT m.projects, m.versions_written, m.versions_removed, m.states_after_observation, m.unknown_projects
    INTO projects, versions_written, versions_removed, states_after_observation, unknown_projects
    FROM merge_history_intake('log', false) m;
    differing := note_history_contradictions(run_id, mapped);
    contradictions := coalesce((SELECT sum(d.value::bigint) FROM jsonb_each_text(differing) d), 0);

    UPDATE sync_log l
    SET status = 'completed', completed_at = clock_timestamp(), items_processed = total + unreadable, items_created = versions_written,
        items_deleted = versions_removed, items_rejected = rejected,
        metadata = counts || jsonb_build_object(
            'projects', projects, 'unknown_projects', unknown_projects, 'states_after_observation', states_after_observation,
            'ends_differently', differing, 'mapping', mapping - 'file_rows')
    WHERE l.id = run_id;
    DROP TABLE pg_temp.pipeline_import, pg_temp.pipeline_history_row, pg_temp.pipeline_history_known,
               pg_temp.pipeline_history_event, pg_temp.pipeline_history_span;
END;
$$;
COMMENT ON FUNCTION pipeline.import_project_history(regclass, jsonb) IS
'Imports the past of projects from a staging table, as versions of project_history with origin log, before the first observed version of each. Without a mapping, or without "fields" in it, propose_history_import() gives it.
{"history": {"moment": "<column>", ...}, "fields": {"project_id": "<column>", "<field>": <source>, ...}, "steady": ["<field>", ...]}
A table in state form has one row for each moment, with all fields. In long form, "history" names further "field", "new" and, if there is one, "old": each row is a change of one field, and <source> names fields as the table does. Sources are those of import_projects().
"moment" may be {"column", "format"}; moments are ISO, epochs, or days with a time, in "time_zone" (UTC) unless they say an offset. "passed_over" is a regular expression of values that say nothing.
Order does not matter, and of one moment the last row counts. A project is unknown before the first row about it; before the first change of a field stands its old value. A mapped field that the long form never names has the value of the first observed version. Of fields that are not mapped only those of "steady" (item_name, project_name, date_created) have it; the others are unknown.
contradictions counts what ends with another value than observation begins with; sync_reject has them, and what cannot be read (rejected); the metadata of the run in sync_log, the fields that no mapping names. The same table once more writes nothing.
Errors: 22004 null, 22023 a mapping that makes no sense, 22007 moments that can be read in two ways, 22P02 a field most of whose values cannot be read.';
