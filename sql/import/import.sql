-- Bring your own data: a staging table with any columns, read through a mapping.

CREATE FUNCTION pipeline.import_projects(
    source regclass,
    mapping jsonb,
    OUT inserted bigint,
    OUT updated bigint,
    OUT unchanged bigint,
    OUT rejected bigint,
    OUT archived bigint,
    OUT run_id bigint
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET standard_conforming_strings = on
-- Columns that are no texts are read as ISO writes them, and moments in UTC.
SET datestyle = 'ISO, YMD'
SET timezone = 'UTC'
-- The keys of a million rows are hashed in memory; to compile expressions takes longer than they run.
SET work_mem = '64MB'
SET jit = off
AS $$
DECLARE
    plan jsonb;
    counts jsonb;
    -- Of a table that the importer of files filled: its columns beside those of the file.
    file_rows jsonb := mapping->'file_rows';
    unreadable bigint := 0;
    field record;
    -- Parts of the statements below, one entry per mapped field.
    columns text[];
    new_values text[];
    shifting text[];
    key_number bigint;
    newest date;
    shift integer := 0;
    total bigint;
    kept bigint;
    dropped bigint;
    missing text[];
    origins bigint;
    without_key bigint;
    repeated bigint;
BEGIN
    PERFORM require_writable('import projects');
    IF source IS NULL OR mapping IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = format('%s must not be null', CASE WHEN source IS NULL THEN 'source' ELSE 'mapping' END),
            HINT = 'Call import_projects(''<staging table>'', ''{"fields": {"project_id": "<column>"}}'').';
    END IF;
    PERFORM require_layout();

    SELECT plan_import(
        (mapping - '{file_rows,columns,stages,questions,missing,ready,possible_fields}'::text[])::text, source::text,
        coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}'), coalesce(array_agg(t.typcategory = 'S' ORDER BY a.attnum), '{}'),
        (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = source),
        'pipeline_internal')
    INTO plan
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped;
    PERFORM stage_import(source, plan, file_rows);

    FOR field IN
        SELECT f.n, s.*
        FROM jsonb_array_elements(plan->'fields') WITH ORDINALITY AS f (spec, n)
        CROSS JOIN LATERAL jsonb_to_record(f.spec) AS s (name text, "column" text, is_day boolean, counts_for_shift boolean)
    LOOP
        IF field.counts_for_shift THEN
            shifting := shifting || format('max(i.value_%s)', field.n);
        END IF;
        IF field.name = 'project_id' THEN
            key_number := field.n;
            CONTINUE;
        END IF;
        -- A field that was refused leaves what is stored.
        columns := columns || quote_ident(field."column");
        new_values := new_values || format(
            CASE field.name
                WHEN 'item_name' THEN 'coalesce(i.value_%1$s, p.item_name, i.key)'
                WHEN 'state' THEN 'coalesce(i.value_%1$s, CASE WHEN i.reason_%1$s IS NOT NULL THEN p.state END, ''active'')'
                ELSE 'CASE WHEN i.reason_%1$s IS NULL THEN i.value_%1$s%3$s ELSE p.%2$I END'
            END,
            field.n, field."column", CASE WHEN field.is_day THEN ' + $1' ELSE '' END);
        IF field.name = 'state' THEN
            columns := columns || 'deleted_at'::text;
            new_values := new_values || format('CASE WHEN %s <> ''active'' THEN coalesce(p.deleted_at, now()) END',
                                               new_values[cardinality(new_values)]);
        END IF;
    END LOOP;
    IF NOT 'item_name' = ANY (coalesce(columns, '{}')) THEN
        columns := columns || 'item_name'::text;
        new_values := new_values || 'coalesce(p.item_name, i.key)'::text;
    END IF;

    -- The first row of an id counts.
    CREATE TEMP TABLE pipeline_import_repeated ON COMMIT DROP AS
    SELECT i.line, i.key
    FROM pg_temp.pipeline_import i
    JOIN (
        SELECT r.key, min(r.line) AS line FROM pg_temp.pipeline_import r WHERE r.key IS NOT NULL GROUP BY r.key HAVING count(*) > 1
    ) first ON first.key = i.key AND first.line < i.line;
    GET DIAGNOSTICS repeated = ROW_COUNT;
    counts := import_counts(plan);
    total := counts->>'rows';
    without_key := total - (counts->'fields'->(key_number - 1)::integer->>'known')::bigint;
    dropped := repeated + (counts->'fields'->(key_number - 1)::integer->>'refused')::bigint;
    kept := total - without_key - repeated;
    IF NOT (plan->>'accepts_losses')::boolean THEN
        PERFORM require_distinct_rows(total, without_key, dropped);
        PERFORM require_readable_import(plan, counts);
    END IF;
    IF (plan->>'archives_missing_rows')::boolean THEN
        SELECT array_agg(o.monday_id) FILTER (WHERE i.key IS NULL), count(*)
        INTO missing, origins
        FROM import_origin o
        JOIN projects p ON p.monday_id = o.monday_id AND p.state = 'active'
        LEFT JOIN (SELECT DISTINCT r.key FROM pg_temp.pipeline_import r) i ON i.key = o.monday_id
        WHERE o.source = plan->>'source';
        PERFORM require_few_missing_rows(plan->>'source', coalesce(cardinality(missing), 0), origins, (plan->>'missing_rows_limit')::numeric);
    END IF;

    INSERT INTO sync_log (sync_type, board_name, trigger)
    VALUES ('import', coalesce(nullif(plan->>'source', ''), file_rows->>'file', source::text), 'import_projects') RETURNING id INTO run_id;
    IF file_rows IS NOT NULL THEN
        EXECUTE format(
            'INSERT INTO sync_reject (run_id, line, raw_value, reason) '
            'SELECT $1, s.%1$I, s.%2$I, ''the row '' || s.%3$I FROM %4$s s WHERE s.%3$I IS NOT NULL ORDER BY s.%1$I',
            file_rows->>'line', file_rows->>'text', file_rows->>'reason', source) USING run_id;
        GET DIAGNOSTICS unreadable = ROW_COUNT;
    END IF;
    IF kept < total THEN
        EXECUTE format($sql$
            INSERT INTO sync_reject (run_id, item_id, line, raw_value, reason)
            SELECT $1, i.key, i.line, CASE WHEN $2 THEN i.key ELSE format('row %%s', i.line) END,
                   CASE WHEN i.reason_%1$s IS NOT NULL THEN 'project_id: ' || i.reason_%1$s
                        WHEN i.key IS NULL THEN 'project_id is blank'
                        ELSE 'project_id stands more than once; its first row was taken' END
            FROM pg_temp.pipeline_import i
            LEFT JOIN pg_temp.pipeline_import_repeated r ON r.line = i.line
            WHERE i.key IS NULL OR r.line IS NOT NULL
            ORDER BY i.line
        $sql$, key_number) USING run_id, file_rows IS NOT NULL;
        DELETE FROM pg_temp.pipeline_import i
        WHERE i.key IS NULL OR i.line IN (SELECT r.line FROM pg_temp.pipeline_import_repeated r);
        counts := import_counts(plan);  -- of what is taken
    END IF;
    rejected := total - kept + unreadable;
    total := total + unreadable;
    FOR field IN
        SELECT f.n, f.counted->>'field' AS name
        FROM jsonb_array_elements(counts->'fields') WITH ORDINALITY AS f (counted, n)
        WHERE f.counted->>'refused' <> '0' AND f.n <> key_number
    LOOP
        EXECUTE format(
            'INSERT INTO sync_reject (run_id, item_id, line, field, raw_value, reason) '
            'SELECT $1, i.key, i.line, %L, i.raw_%s, i.reason_%2$s FROM pg_temp.pipeline_import i WHERE i.reason_%2$s IS NOT NULL ORDER BY i.line',
            field.name, field.n) USING run_id;
        GET DIAGNOSTICS updated = ROW_COUNT;
        rejected := rejected + updated;
    END LOOP;

    IF (plan->>'shift_to_today')::boolean AND shifting IS NOT NULL THEN
        EXECUTE format('SELECT greatest(%s) FROM pg_temp.pipeline_import i', array_to_string(shifting, ', ')) INTO newest;
        shift := coalesce(pipeline_today() - newest, 0);
    END IF;

    -- Ids of one run follow each other, so that they come to the end of their index and not to a page each.
    EXECUTE format($sql$
        WITH written AS (
            INSERT INTO projects AS stored (id, monday_id, %1$s, last_synced_at)
            SELECT ($2 || lpad(to_hex(i.line), 12, '0'))::uuid, i.key, %2$s, now()
            FROM pg_temp.pipeline_import i
            LEFT JOIN projects p ON p.monday_id = i.key
            ON CONFLICT (monday_id) DO UPDATE
            SET (%1$s, last_synced_at, updated_at) = ROW (%3$s, now(), now())
            WHERE ROW (%4$s) IS DISTINCT FROM ROW (%3$s)
            RETURNING xmax = 0 AS is_new
        )
        SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
    $sql$,
        array_to_string(columns, ', '), array_to_string(new_values, ', '),
        'excluded.' || array_to_string(columns, ', excluded.'), 'stored.' || array_to_string(columns, ', stored.'))
    INTO inserted, updated USING shift, left(gen_random_uuid()::text, 24);
    unchanged := kept - inserted - updated;

    UPDATE projects p SET state = 'archived', deleted_at = now(), updated_at = now() WHERE p.monday_id = ANY (missing);
    archived := coalesce(cardinality(missing), 0);
    IF plan->>'source' <> '' THEN
        PERFORM note_import_origin(plan->>'source', missing);
    END IF;

    UPDATE sync_log
    SET status = 'completed', completed_at = clock_timestamp(), items_processed = total, items_created = inserted,
        items_updated = updated, items_unchanged = unchanged, items_deleted = archived, items_rejected = rejected,
        metadata = jsonb_build_object(
            'shifted_days', shift, 'fields_mapped', jsonb_array_length(plan->'fields'), 'source', plan->>'source',
            'rows', total, 'rows_without_id', without_key, 'rows_repeated', repeated, 'fields', counts->'fields',
            'readings', (SELECT jsonb_agg(r.reading->'report' ORDER BY r.n)
                         FROM jsonb_array_elements(plan->'readings') WITH ORDINALITY AS r (reading, n)))
    WHERE id = run_id;
    DROP TABLE pg_temp.pipeline_import, pg_temp.pipeline_import_repeated;
    PERFORM analyze_imported(run_id, inserted + updated);
END;
$$;
COMMENT ON FUNCTION pipeline.import_projects(regclass, jsonb) IS
'Reads projects from a staging table through a mapping {"fields": {"<field>": <source>}, ...}.
What propose_import() says beside the fields is passed over.
A source is a column name; {"constant": value}; {"days_between": ["<column>", "<column>"]}; {"column": ...} or {"columns": [...], "hash": true} with any of "only_if" ({"column", "in"}), "map" (value to value), "lookup" ({"table", "key", "value"}), "format" (of a date), "plus_days", "decimal_mark", "thousands_mark", "percent_scale", "currency", "rates" and "currency_column"; or a list of sources, of which the first that is not blank counts. The field project_id is required.
How dates and numbers are written is found in all values of a column where the mapping does not say it, and what can be read in two ways is an error. Existing projects are updated in the mapped fields only. Values and rows that cannot be read are counted in rejected and stored in sync_reject with the reason; the rest is kept. The row of sync_log, run_id, has under metadata the formats that were found ("readings") and for each field how many values are known and refused ("fields"). What was imported is analysed: with the import, or, of more than 50,000 projects that changed, by analyze_due_projects() within ten minutes.
Beside the fields: "shift_to_today": true | ["<date field>"] moves all dates by one number of days, so that the newest is today; "decimal_mark" of the file; "source" with "missing_rows": "archive" archives projects of that source that are not in the table any more, up to "missing_rows_limit" percent of them (20); "accept_losses": true.
Errors: 22023 for a mapping that makes no sense and for more missing rows than allowed, 42703 for an unknown column, 22004 for null and where most rows have no id, 22007 and 22P02 where days and numbers can be read in several ways, 22P02 where most values of a field cannot be read, 23505 where more than 5 % of the rows repeat an id.';
