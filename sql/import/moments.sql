-- Moments of a history: ISO with or without an offset, epochs, and days of any format with a time behind them.

CREATE FUNCTION pipeline_internal.decode_moment(raw text, format text, zone text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN length(raw) = 13 AND raw ~ '^[0-9]{13}$' THEN to_timestamp(raw::numeric / 1000)
    WHEN length(raw) = 10 AND raw ~ '^[0-9]{10}$' THEN to_timestamp(raw::numeric)
    WHEN pipeline_internal.decode_field('day', raw, format) IS NULL THEN NULL
    -- With an offset of its own.
    WHEN raw ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)? ?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)$' THEN raw::timestamptz
    ELSE (pipeline_internal.decode_field('day', raw, format)::date
          + coalesce(substring(raw FROM '[T ]((?:0?[1-9]|1[0-2]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)? ?[AaPp][Mm])')::time,
                     substring(raw FROM '[T ]((?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?)')::time, '00:00')) AT TIME ZONE zone
    END;
COMMENT ON FUNCTION pipeline_internal.decode_moment(text, text, text) IS
    'A moment as it is written: ISO, seconds or milliseconds since 1970, or a day of a format with a time behind it; without an offset in the time zone. NULL if it cannot be read.';

CREATE FUNCTION pipeline_internal.moment_format(source regclass, moment_column text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    is_plain boolean;
    reading jsonb;
BEGIN
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s s WHERE btrim(s.%I::text) !~ ''^([0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?|[0-9]{10}|[0-9]{13})?$'')', source, moment_column)
    INTO is_plain;
    IF is_plain THEN
        RETURN 'YYYY-MM-DD';
    END IF;
    reading := infer_columns(format('SELECT s.%I::text FROM %s s', moment_column, source), '{t}')->0->'readings'->'day';
    IF reading->>'format' IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22007',
            MESSAGE = format('history: how the moments in column "%s" are written is not clear', moment_column),
            DETAIL = format('One of them could be: %s.', coalesce(nullif(reading->>'ambiguous', '[]'), 'nothing that is known')),
            HINT = 'Say it in the mapping: "history": {"moment": {"column": "…", "format": "DD/MM/YYYY"}}.';
    END IF;
    RETURN reading->>'format';
END;
$$;
COMMENT ON FUNCTION pipeline_internal.moment_format(regclass, text) IS
    'The format of the days of a column of moments, found in all its values. Error 22007 where they do not tell it.';
