-- Bring your own data: a staging table with any columns, read through a mapping.

CREATE FUNCTION pipeline_internal.decode_field(kind text, raw text, format text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_decode_field';
COMMENT ON FUNCTION pipeline_internal.decode_field(text, text, text) IS
    'Text from outside as the exact text of a value of a kind (text, day, money, percent, gestation); NULL if it cannot be read.';

CREATE FUNCTION pipeline_internal.reject_reason(kind text, raw text, format text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_reject_reason';
COMMENT ON FUNCTION pipeline_internal.reject_reason(text, text, text) IS
    'Why decode_field() cannot read a text; NULL if it can.';

CREATE FUNCTION pipeline_internal.compile_import(
    mapping text,
    source_columns text[],
    lookup_schema text,
    decode_schema text
) RETURNS jsonb
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_compile_import';
COMMENT ON FUNCTION pipeline_internal.compile_import(text, text[], text, text) IS
    'The SQL expressions by which a mapping reads a staging table.';

CREATE FUNCTION pipeline.import_projects(
    source regclass,
    mapping jsonb,
    OUT inserted bigint,
    OUT updated bigint,
    OUT unchanged bigint,
    OUT rejected bigint
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET standard_conforming_strings = on
AS $$
DECLARE
    plan jsonb;
    run bigint;
    field record;
    -- Parts of the statements below, one entry per mapped field.
    expressions text[];
    columns text[];
    new_values text[];
    shifting text[];
    key_number bigint;
    newest date;
    shift integer := 0;
    total bigint;
    kept bigint;
BEGIN
    PERFORM require_writable('import projects');
    IF source IS NULL OR mapping IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = format('%s must not be null', CASE WHEN source IS NULL THEN 'source' ELSE 'mapping' END),
            HINT = 'Call import_projects(''<staging table>'', ''{"fields": {"project_id": "<column>"}}'').';
    END IF;
    PERFORM require_layout();

    SELECT compile_import(
        mapping::text,
        ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
        (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = source),
        'pipeline_internal')
    INTO plan;
    INSERT INTO sync_log (sync_type, board_name, trigger)
    VALUES ('import', source::text, 'import_projects') RETURNING id INTO run;

    FOR field IN
        SELECT f.n, s.*
        FROM jsonb_array_elements(plan->'fields') WITH ORDINALITY AS f (spec, n)
        CROSS JOIN LATERAL jsonb_to_record(f.spec) AS s (
            name text, "column" text, raw_sql text, value_sql text, reason_sql text,
            is_day boolean, counts_for_shift boolean)
    LOOP
        expressions := expressions || format(
            '%2$s AS raw_%1$s, %3$s AS value_%1$s, CASE WHEN %2$s IS NOT NULL AND %3$s IS NULL THEN %4$s END AS reason_%1$s',
            field.n, field.raw_sql, field.value_sql, field.reason_sql);
        IF field.counts_for_shift THEN
            shifting := shifting || format('max(i.value_%s)', field.n);
        END IF;
        IF field.name = 'project_id' THEN
            key_number := field.n;
        ELSE
            -- A field that was refused leaves what is stored.
            columns := columns || quote_ident(field."column");
            new_values := new_values || format(
                CASE WHEN field.name = 'item_name'
                     THEN 'coalesce(i.value_%1$s, p.item_name, i.key)'
                     ELSE 'CASE WHEN i.reason_%1$s IS NULL THEN i.value_%1$s%3$s ELSE p.%2$I END' END,
                field.n, field."column", CASE WHEN field.is_day THEN ' + $1' ELSE '' END);
        END IF;
    END LOOP;
    IF NOT 'item_name' = ANY (coalesce(columns, '{}')) THEN
        columns := columns || 'item_name'::text;
        new_values := new_values || 'coalesce(p.item_name, i.key)'::text;
    END IF;

    EXECUTE format(
        'CREATE TEMP TABLE pipeline_import ON COMMIT DROP AS '
        'SELECT *, value_%1$s AS key, row_number() OVER (PARTITION BY value_%1$s ORDER BY line) AS occurrence '
        'FROM (SELECT row_number() OVER () AS line, %2$s FROM %3$s s) AS read',
        key_number, array_to_string(expressions, ', '), source);
    GET DIAGNOSTICS total = ROW_COUNT;
    ANALYZE pg_temp.pipeline_import;

    EXECUTE format($sql$
        INSERT INTO sync_reject (run_id, item_id, raw_value, reason)
        SELECT $1, i.key, format('row %%s', i.line),
               CASE WHEN i.reason_%1$s IS NOT NULL THEN 'project_id: ' || i.reason_%1$s
                    WHEN i.key IS NULL THEN 'project_id is blank'
                    ELSE 'project_id stands more than once; its first row was taken' END
        FROM pg_temp.pipeline_import i
        WHERE i.key IS NULL OR i.occurrence > 1
        ORDER BY i.line
    $sql$, key_number) USING run;
    GET DIAGNOSTICS rejected = ROW_COUNT;
    kept := total - rejected;
    FOR field IN
        SELECT f.n, f.spec->>'name' AS name FROM jsonb_array_elements(plan->'fields') WITH ORDINALITY AS f (spec, n)
    LOOP
        EXECUTE format(
            'INSERT INTO sync_reject (run_id, item_id, field, raw_value, reason) '
            'SELECT %s, i.key, %L, left(i.raw_%3$s, 1000), i.reason_%3$s FROM pg_temp.pipeline_import i '
            'WHERE i.key IS NOT NULL AND i.occurrence = 1 AND i.reason_%3$s IS NOT NULL ORDER BY i.line',
            run, field.name, field.n);
        GET DIAGNOSTICS updated = ROW_COUNT;
        rejected := rejected + updated;
    END LOOP;

    IF (plan->>'shift_to_today')::boolean AND shifting IS NOT NULL THEN
        EXECUTE format('SELECT greatest(%s) FROM pg_temp.pipeline_import i WHERE i.key IS NOT NULL AND i.occurrence = 1',
                       array_to_string(shifting, ', ')) INTO newest;
        shift := coalesce(pipeline_today() - newest, 0);
    END IF;

    EXECUTE format($sql$
        WITH written AS (
            INSERT INTO projects AS stored (monday_id, %1$s, last_synced_at)
            SELECT i.key, %2$s, now()
            FROM pg_temp.pipeline_import i
            LEFT JOIN projects p ON p.monday_id = i.key
            WHERE i.key IS NOT NULL AND i.occurrence = 1
            ORDER BY i.line
            ON CONFLICT (monday_id) DO UPDATE
            SET (%1$s, last_synced_at, updated_at) = ROW (%3$s, now(), now())
            WHERE ROW (%4$s) IS DISTINCT FROM ROW (%3$s)
            RETURNING xmax = 0 AS is_new
        )
        SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
    $sql$,
        array_to_string(columns, ', '), array_to_string(new_values, ', '),
        'excluded.' || array_to_string(columns, ', excluded.'), 'stored.' || array_to_string(columns, ', stored.'))
    INTO inserted, updated USING shift;
    unchanged := kept - inserted - updated;

    UPDATE sync_log
    SET status = 'completed', completed_at = clock_timestamp(), items_processed = total, items_created = inserted,
        items_updated = updated, items_unchanged = unchanged, items_rejected = rejected,
        metadata = jsonb_build_object('shifted_days', shift, 'fields_mapped', jsonb_array_length(plan->'fields'))
    WHERE id = run;
    DROP TABLE pg_temp.pipeline_import;
    PERFORM analyze_imported(run, inserted + updated);
END;
$$;
COMMENT ON FUNCTION pipeline.import_projects(regclass, jsonb) IS
'Reads projects from a staging table through a mapping {"fields": {"<field>": <source>}, "shift_to_today": true | ["<date field>"]}.
A source is a column name; {"constant": value}; {"days_between": ["<column>", "<column>"]}; {"column": ...} with any of "map" (value to value), "lookup" ({"table", "key", "value"}), "format" (of a date), "plus_days", "only_if" ({"column", "in"}); or a list of sources, of which the first that is not blank counts. The field project_id is required.
Existing projects are updated in the mapped fields only. Values and rows that cannot be read are counted in rejected and stored in sync_reject with the reason; the rest is kept. shift_to_today moves all dates by one number of days, so that the newest is today. What was imported is analysed: with the import, or, of more than 50,000 projects that changed, by analyze_due_projects() within ten minutes.
Errors: 22023 for a mapping that makes no sense, 42703 for an unknown column, 22004 for null.';
