-- What an import would lose: it stops before anything is written, unless the mapping accepts it.

CREATE FUNCTION pipeline_internal.import_counts(plan jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    counts jsonb;
BEGIN
    EXECUTE (
        SELECT format('SELECT jsonb_build_object(''rows'', count(*), ''fields'', jsonb_build_array(%s)) FROM pg_temp.pipeline_import',
                      string_agg(format('jsonb_build_object(''field'', %L, ''known'', count(value_%s), ''refused'', count(reason_%2$s))',
                                        f.field->>'name', f.n), ', ' ORDER BY f.n))
        FROM jsonb_array_elements(plan->'fields') WITH ORDINALITY AS f (field, n))
    INTO counts;
    RETURN counts;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.import_counts(jsonb) IS
    'Of the rows in pg_temp.pipeline_import: {"rows", "fields": [{"field", "known", "refused"}]}, in the order of the plan.';

CREATE FUNCTION pipeline_internal.require_readable_import(plan jsonb, counts jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    field record;
    examples text;
    reason text;
BEGIN
    FOR field IN
        SELECT f.n, f.counted->>'field' AS name, (f.counted->>'known')::bigint AS known, (f.counted->>'refused')::bigint AS refused
        FROM jsonb_array_elements(counts->'fields') WITH ORDINALITY AS f (counted, n)
    LOOP
        CONTINUE WHEN field.refused * 2 <= field.known + field.refused;
        EXECUTE format(
            'SELECT string_agg(format(''"%%s"'', left(raw, 60)), '', ''), min(reason) FROM ('
            'SELECT raw_%1$s AS raw, reason_%1$s AS reason FROM pg_temp.pipeline_import WHERE reason_%1$s IS NOT NULL ORDER BY line LIMIT 3) AS r',
            field.n)
        INTO examples, reason;
        RAISE EXCEPTION USING
            ERRCODE = '22P02',
            MESSAGE = format('import: %s of %s values of field "%s" cannot be read', field.refused, field.known + field.refused, field.name),
            DETAIL = format('Such as %s: %s.', examples, reason),
            HINT = 'Map the field to another column, or say how it is written ("format", "decimal_mark", "map" …); "accept_losses": true in the mapping imports what can be read.';
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_readable_import(jsonb, jsonb) IS
    'Error 22P02 where most values of a field cannot be read.';

CREATE FUNCTION pipeline_internal.require_distinct_rows(rows bigint, without_key bigint, repeated bigint) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    most_percent CONSTANT integer := 5;
BEGIN
    IF without_key * 2 > rows THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = format('import: %s of %s rows have no project_id', without_key, rows),
            HINT = 'Map project_id to the column that identifies a project, or to several: {"columns": ["…", "…"]}; "accept_losses": true in the mapping imports the rows that have one.';
    END IF;
    IF repeated * 100 > rows * most_percent THEN
        RAISE EXCEPTION USING
            ERRCODE = '23505',
            MESSAGE = format('import: %s of %s rows have a project_id that stood before or cannot be read', repeated, rows),
            HINT = 'Map project_id to the column that identifies a project, or to several: {"columns": ["…", "…"]}; "accept_losses": true in the mapping imports the first row of each.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_distinct_rows(bigint, bigint, bigint) IS
    'Error 22004 where most rows have no project_id, 23505 where more than 5 % of them would be dropped for it.';

CREATE FUNCTION pipeline_internal.require_few_missing_rows(source text, missing bigint, known bigint, limit_percent numeric) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF missing * 100 > known * limit_percent THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('import: %s of %s projects of source "%s" are missing', missing, known, source),
            HINT = format('They would be archived, and more than %s %% are too many for one import. Is the file complete? "missing_rows_limit": 100 in the mapping archives them all the same.', trim_scale(limit_percent));
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_few_missing_rows(text, bigint, bigint, numeric) IS
    'Error 22023 where more rows are missing from a file than its mapping allows to archive.';
