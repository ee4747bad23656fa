-- From a mapping to SQL: how its texts are read, with the formats that all their values tell.

CREATE FUNCTION pipeline_internal.decode_field(kind text, raw text, format text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_decode_field';
COMMENT ON FUNCTION pipeline_internal.decode_field(text, text, text) IS
    'Text from outside as the exact text of a value of a kind (text, key, state, day, money, percent, gestation, number); NULL if it cannot be read. format is that of a day, ISO where it is empty; of a number an object with any of decimal_mark, thousands_mark, percent_scale, currency and rates.';

CREATE FUNCTION pipeline_internal.reject_reason(kind text, raw text, format text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_reject_reason';
COMMENT ON FUNCTION pipeline_internal.reject_reason(text, text, text) IS
    'Why decode_field() cannot read a text; NULL if it can.';

CREATE FUNCTION pipeline_internal.plan_import(
    mapping text,
    source text,
    source_columns text[],
    is_text boolean[],
    lookup_schema text,
    decode_schema text
) RETURNS jsonb
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pipeline_plan_import';
COMMENT ON FUNCTION pipeline_internal.plan_import(text, text, text[], boolean[], text, text) IS
    'The SQL expressions by which a mapping reads a staging table. Reads the table once for the formats that the mapping does not state; errors 22007, 22P02 and 22023 where its values do not tell them.';

CREATE FUNCTION pipeline_internal.stage_import(source regclass, plan jsonb, file_rows jsonb DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    texts text;
    decoded text;
    fields text;
    result text;
BEGIN
    -- Each level reads a text once: OFFSET 0 keeps the planner from putting expressions into each other.
    SELECT string_agg(r.reading->>'text_sql', ', ' ORDER BY r.n), string_agg(r.reading->>'value_sql', ', ' ORDER BY r.n)
    INTO texts, decoded
    FROM jsonb_array_elements(plan->'readings') WITH ORDINALITY AS r (reading, n);
    SELECT string_agg(format('%s AS raw_%s, %s AS value_%2$s', f.field->>'raw_sql', f.n, f.field->>'value_sql'), ', ' ORDER BY f.n),
           string_agg(format(
               'value_%1$s, CASE WHEN value_%1$s IS NULL THEN left(raw_%1$s, 1000) END AS raw_%1$s, '
               'CASE WHEN value_%1$s IS NULL AND raw_%1$s IS NOT NULL THEN %2$s END AS reason_%1$s%3$s',
               f.n, f.field->>'reason_sql', CASE WHEN f.field->>'name' = 'project_id' THEN format(', value_%s AS key', f.n) END),
               ', ' ORDER BY f.n)
    INTO fields, result
    FROM jsonb_array_elements(plan->'fields') WITH ORDINALITY AS f (field, n);
    EXECUTE format(
        'CREATE TEMP TABLE pipeline_import ON COMMIT DROP AS '
        'SELECT line, %s FROM ('
        'SELECT *, %s FROM ('
        'SELECT *, %s FROM ('
        'SELECT %s AS line, %s FROM %s s %s OFFSET 0) AS texts OFFSET 0) AS decoded OFFSET 0) AS fields',
        result, fields, decoded, coalesce('s.' || quote_ident(file_rows->>'line'), 'row_number() OVER ()'), texts, source,
        'WHERE s.' || quote_ident(file_rows->>'reason') || ' IS NULL');
    ANALYZE pg_temp.pipeline_import (key);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.stage_import(regclass, jsonb, jsonb) IS
    'Reads a staging table by a plan into the table pg_temp.pipeline_import: for field n its value_n, and where a text cannot be read raw_n and reason_n; key is the value of project_id, line counts the rows from 1. Of a table that the importer of files filled, file_rows names the columns that say on which line a row stood, and why it cannot be read (such rows are left out).';
