-- What the columns of a staging table hold: the first thing to know of a stranger's file.

CREATE FUNCTION pipeline_internal.infer_columns(query text, is_text boolean[]) RETURNS jsonb
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pipeline_infer_columns';
COMMENT ON FUNCTION pipeline_internal.infer_columns(text, boolean[]) IS
    'Reads all rows of a query of texts once, and reports on each of its columns: see infer_import_columns(). is_text: of a column that is no text in the source, the server has written the values.';

CREATE FUNCTION pipeline_internal.infer_import_columns(source regclass)
RETURNS TABLE (
    column_number integer,
    column_name text,
    kind text,
    format text,
    decimal_mark text,
    thousands_mark text,
    percent_scale integer,
    currencies text[],
    value_count bigint,
    blank_count bigint,
    known_count bigint,
    distinct_count bigint,
    ambiguous text[],
    evidence text,
    samples text[],
    refused_samples text[],
    readings jsonb
)
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path FROM CURRENT
-- Columns that are no texts are read as ISO writes them.
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
    names text[];
    is_text boolean[];
    query text;
BEGIN
    SELECT array_agg(a.attname::text ORDER BY a.attnum), array_agg(t.typcategory = 'S' ORDER BY a.attnum),
           format('SELECT %s FROM %s s', string_agg(format('s.%I::text', a.attname), ', ' ORDER BY a.attnum), source)
    INTO names, is_text, query
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped;
    IF names IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT c.n::integer, names[c.n], r.kind, r.format, r.decimal_mark, r.thousands_mark, r.percent_scale, r.currencies,
           r.value_count, r.blank_count, r.known_count, r.distinct_count, r.ambiguous, r.evidence, r.samples,
           r.refused_samples, r.readings
    FROM jsonb_array_elements(infer_columns(query, is_text)) WITH ORDINALITY AS c (report, n)
    CROSS JOIN LATERAL jsonb_to_record(c.report) AS r (
        kind text, format text, decimal_mark text, thousands_mark text, percent_scale integer, currencies text[],
        value_count bigint, blank_count bigint, known_count bigint, distinct_count bigint, ambiguous text[],
        evidence text, samples text[], refused_samples text[], readings jsonb);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.infer_import_columns(regclass) IS
'What each column of a staging table holds, found in all its values by reading the table once.
kind is what most values are: blank, text, day, number, percent or currency. format is that of days as a mapping writes it (YYYY-MM-DD, DD/MM/YYYY, MM/DD/YYYY, YYYYMMDD, excel, unix, unix_ms); decimal_mark and thousands_mark are those of numbers, percent_scale is 1 where all are within 0 and 1. NULL where the values do not tell: then ambiguous holds what one of them means in each format.
value_count are values that are not blank, known_count those of this kind and format, distinct_count is exact up to 511 and close beyond. evidence is a value that settles the format. readings holds, whatever the kind, the same under "day" and "number", for a column whose use is known: {"known", "format" | "decimal_mark", "thousands_mark", "percent_scale", "currencies", "ambiguous", "evidence", "refused_samples"}.';
