-- A history as rows of states: the long form (one row a field) becomes the other one (one row a moment, all fields), so that
-- one mapping of fields, and one reading of texts, serves both.

CREATE FUNCTION pipeline_internal.history_key_columns(field_source jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT CASE jsonb_typeof($1)
        WHEN 'string' THEN ARRAY[$1#>>'{}']
        WHEN 'object' THEN CASE WHEN $1 ? 'columns' THEN ARRAY(SELECT jsonb_array_elements_text($1->'columns'))
                                WHEN $1 ? 'column' THEN ARRAY[$1->>'column'] END
        END
$$;
COMMENT ON FUNCTION pipeline_internal.history_key_columns(jsonb) IS
    'The columns that a mapping of project_id reads; NULL where it reads none by name.';

CREATE FUNCTION pipeline_internal.require_history_mapping(source regclass, mapping jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    history jsonb := mapping->'history';
    kept CONSTANT text[] := string_to_array('@list history/project_columns.sql@', ', ');
    wrong text;
BEGIN
    wrong := CASE
        WHEN coalesce(jsonb_typeof(history), '') <> 'object' OR coalesce(jsonb_typeof(mapping->'fields'), '') <> 'object'
            THEN 'it has no "history" or no "fields"'
        WHEN (mapping - '{preset,history,fields,steady,decimal_mark,accept_losses,file,file_rows}'::text[]) <> '{}'
            THEN format('unknown key "%s"', (SELECT jsonb_object_keys(mapping - '{preset,history,fields,steady,decimal_mark,accept_losses,file,file_rows}'::text[]) LIMIT 1))
        WHEN (history - '{moment,field,old,new,time_zone,passed_over}'::text[]) <> '{}'
            THEN format('unknown key "%s" in "history"', (SELECT jsonb_object_keys(history - '{moment,field,old,new,time_zone,passed_over}'::text[]) LIMIT 1))
        WHEN history_moment_column(history) IS NULL THEN '"history" names no column "moment"'
        WHEN history ? 'field' <> history ? 'new' THEN '"history" has "field" without "new", or the other way round'
        WHEN history_key_columns(mapping->'fields'->'project_id') IS NULL THEN '"project_id" names no column'
        END;
    IF wrong IS NULL THEN
        SELECT format('history does not keep the field "%s"', f.name) INTO wrong
        FROM (SELECT jsonb_object_keys(mapping->'fields') UNION
              SELECT jsonb_array_elements_text(CASE jsonb_typeof(mapping->'steady') WHEN 'array' THEN mapping->'steady' ELSE '[]' END)) AS f (name)
        WHERE f.name <> 'project_id' AND f.name <> ALL (kept);
    END IF;
    IF wrong IS NULL THEN
        SELECT format('column "%s" is not there', c.name) INTO wrong
        FROM unnest(history_key_columns(mapping->'fields'->'project_id')
                    || ARRAY[history_moment_column(history), history->>'field', history->>'old', history->>'new']) AS c (name)
        WHERE c.name IS NOT NULL
          AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = source AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped);
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('history mapping: %s', wrong),
            HINT = 'A mapping is {"history": {"moment": "<column>"}, "fields": {"project_id": "<column>", …}}; the comment on import_project_history() describes it.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_history_mapping(regclass, jsonb) IS
    'Error 22023 for a mapping of a history that does not make sense.';

CREATE FUNCTION pipeline_internal.history_moment_column(history jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(history->'moment') WHEN 'string' THEN history->>'moment' WHEN 'object' THEN history->'moment'->>'column' END;
COMMENT ON FUNCTION pipeline_internal.history_moment_column(jsonb) IS 'The column of moments that a mapping names.';

CREATE FUNCTION pipeline_internal.stage_history(source regclass, mapping jsonb, INOUT counts jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    history jsonb := mapping->'history';
    moment_column text := history_moment_column(history);
    day_format text := coalesce(history->'moment'->>'format', moment_format(source, moment_column));
    zone text := coalesce(history->>'time_zone', 'UTC');
    key_columns text[] := history_key_columns(mapping->'fields'->'project_id');
    file_rows jsonb := mapping->'file_rows';
    keys text := (SELECT string_agg(format('s.%I', k), ', ') FROM unnest(key_columns) AS k);
    line text := coalesce('s.' || quote_ident(file_rows->>'line'), 'row_number() OVER ()');
    readable text := coalesce('s.' || quote_ident(file_rows->>'reason') || ' IS NULL', 'true');
    names text[];
    pivot text;
    broken bigint;
BEGIN
    counts := '{}';
    IF NOT history ? 'field' THEN
        EXECUTE format(
            'CREATE TEMP TABLE pipeline_history_row ON COMMIT DROP AS '
            'SELECT row_number() OVER () AS pipeline_place, %s::bigint AS pipeline_line, NULL::text AS pipeline_field, '
            'left(s.%I::text, 1000) AS pipeline_raw, decode_moment(btrim(s.%2$I::text), %L, %L) AS pipeline_moment, s.* FROM %s s WHERE %s',
            line, moment_column, day_format, zone, source, readable);
        RETURN;
    END IF;

    names := ARRAY(
        SELECT n FROM named_fields(source, history->>'field') AS n
        WHERE EXISTS (
            SELECT FROM jsonb_path_query(mapping->'fields', 'strict $.**') AS v (value)
            WHERE jsonb_typeof(v.value) = 'string' AND v.value#>>'{}' = n));
    -- The value before the first change of a field is that of the time since the first event of the project.
    EXECUTE format(
        'CREATE TEMP TABLE pipeline_history_event ON COMMIT DROP AS '
        'SELECT e.*, e.field = ANY (%L) AS is_mapped, '
        'row_number() OVER of_field = 1 AS is_first, '
        'row_number() OVER of_field > 1 AND lag(e.new_value) OVER of_field IS DISTINCT FROM e.old_value AS is_broken, '
        'min(e.moment) OVER (PARTITION BY %s) AS first_moment '
        'FROM (SELECT %s::bigint AS line, left(s.%I::text, 1000) AS raw, decode_moment(btrim(s.%4$I::text), %L, %L) AS moment, '
        'btrim(s.%I::text) AS field, %s AS old_value, nullif(btrim(s.%I::text), '''') AS new_value, %s FROM %s s WHERE %s) e '
        'WHERE (%L IS NULL OR e.new_value IS NULL OR e.new_value !~ %13$L) AND (%13$L IS NULL OR e.old_value IS NULL OR e.old_value !~ %13$L) '
        'WINDOW of_field AS (PARTITION BY %2$s, e.field ORDER BY e.moment, e.line)',
        names, (SELECT string_agg(format('e.%I', k), ', ') FROM unnest(key_columns) AS k), line, moment_column, day_format, zone,
        history->>'field', CASE WHEN history ? 'old' THEN format('nullif(btrim(s.%I::text), '''')', history->>'old') ELSE 'NULL::text' END, history->>'new',
        keys, source, readable, history->>'passed_over');

    SELECT string_agg(format(', CASE WHEN e.field = %L THEN %%1$s END AS %I', n, n), '' ORDER BY n) INTO pivot FROM unnest(names) AS n;
    EXECUTE format(
        'CREATE TEMP TABLE pipeline_history_row ON COMMIT DROP AS SELECT row_number() OVER () AS pipeline_place, r.* FROM ('
        'SELECT e.line AS pipeline_line, NULL::text AS pipeline_field, NULL::text AS pipeline_raw, e.first_moment AS pipeline_moment, %1$s%2$s '
        'FROM pipeline_history_event e WHERE false UNION ALL '
        'SELECT e.line, e.field, NULL, e.first_moment, %1$s%3$s FROM pipeline_history_event e '
        'WHERE %5$s AND e.is_first AND e.is_mapped AND e.first_moment IS NOT NULL UNION ALL '
        'SELECT e.line, CASE WHEN e.is_mapped THEN e.field ELSE '''' END, e.raw, e.moment, %1$s%4$s FROM pipeline_history_event e) r',
        (SELECT string_agg(format('e.%I', k), ', ') FROM unnest(key_columns) AS k),
        coalesce(format(pivot, 'NULL::text'), ''), coalesce(format(pivot, 'e.old_value'), ''), coalesce(format(pivot, 'e.new_value'), ''),
        CASE WHEN history ? 'old' THEN 'true' ELSE 'false' END);
    EXECUTE format(
        'SELECT jsonb_build_object(''contradictions'', count(*) FILTER (WHERE is_broken AND is_mapped AND %L), ''fields_passed_over'', '
        '(SELECT coalesce(jsonb_object_agg(f.field, f.n), ''{}'') FROM (SELECT field, count(*) AS n FROM pipeline_history_event '
        'WHERE NOT is_mapped AND field <> '''' GROUP BY field ORDER BY n DESC LIMIT 50) f)) FROM pipeline_history_event', history ? 'old')
    INTO counts;
    DROP TABLE pg_temp.pipeline_history_event;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.stage_history(regclass, jsonb, jsonb) IS
    'Reads a history into pg_temp.pipeline_history_row: place and line of each row, its moment, the field of which it speaks (NULL: of all, empty: of none that is mapped), and its columns; of the long form one column for each mapped field. counts: rows whose old value is not the new one before it, and the fields that no mapping names, with their rows.';
