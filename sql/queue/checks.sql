-- What every call of the queue is checked for.

-- Called many times a second, so that both checks are one call, and what is wrong is said by functions that are called
-- only then.
CREATE FUNCTION pipeline_internal.require_queue(action text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF to_regclass('pipeline_schema_version') IS NOT NULL AND NOT pg_is_in_recovery() THEN
        IF (SELECT max(v.version) FROM pipeline_schema_version v) = layout_version() THEN
            RETURN;
        END IF;
    END IF;
    PERFORM require_writable(action);
    PERFORM require_layout();
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_queue(text) IS
    'Error 25006 on a standby, 55000 unless the tables have the layout that this version works with.';

CREATE FUNCTION pipeline_internal.require_same_length(first text, first_length integer, second text, second_length integer)
RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF (first_length = second_length) IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN num_nulls(first_length, second_length) > 0 THEN '22004' ELSE '22023' END,
            MESSAGE = CASE WHEN first_length IS NULL THEN format('%s must not be null', first)
                           WHEN second_length IS NULL THEN format('%s must not be null', second)
                           ELSE format('%s has %s elements and %s has %s', first, first_length, second, second_length) END,
            HINT = format('Give %s and %s as two arrays of the same length.', first, second);
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_same_length(text, integer, text, integer) IS
    'Error 22004 where one of two arrays is null, 22023 where their lengths differ.';

CREATE FUNCTION pipeline_internal.refuse_lease(lease interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = '22023',
        MESSAGE = format('lease must be longer than zero, not %s', coalesce(lease::text, 'NULL')),
        HINT = 'Leave the argument out for 60 seconds, and renew it well before it runs out.';
END;
$$;
COMMENT ON FUNCTION pipeline_internal.refuse_lease(interval) IS 'Error 22023 for a lease that is no time at all.';
