-- Refreshing takes the owner of the view, with whose rights this function runs.

CREATE OR REPLACE FUNCTION pipeline_data.refresh_view(view_name text, concurrently boolean) RETURNS pipeline_refresh
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
AS $$
DECLARE
    view regclass := to_regclass(format('pipeline.%I', view_name));
    result pipeline_refresh;
    before pg_snapshot;
    read_at timestamptz;
BEGIN
    result.view_name := view_name;
    result.started_at := clock_timestamp();
    result.was_concurrent := $2 AND coalesce((SELECT relispopulated FROM pg_class WHERE oid = view), false);
    IF view IS NULL THEN
        result.outcome := 'skipped';
        result.message := format('materialized view "%s" does not exist', view_name);
        RAISE NOTICE USING
            MESSAGE = result.message || ', skipping',
            HINT = 'pipeline_setup() makes it.';
    ELSE
        BEGIN
            -- Before the moment, so that whatever these transactions wrote until then is of what was read.
            before := pg_current_snapshot();
            read_at := clock_timestamp();
            EXECUTE format('REFRESH MATERIALIZED VIEW %s %s',
                           CASE WHEN result.was_concurrent THEN 'CONCURRENTLY' ELSE '' END, view);
            EXECUTE format('SELECT count(*) FROM %s', view) INTO result.row_count;
            result.outcome := 'refreshed';
        -- A cancel and a time-out are recorded like any other failure; who called decides what becomes of the rest.
        EXCEPTION WHEN OTHERS OR query_canceled THEN
            result.outcome := 'failed';
            result.message := format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE);
            read_at := NULL;
            RAISE WARNING 'could not refresh materialized view "%": %', view_name, result.message;
        END;
    END IF;
    result.duration_ms := round(extract(epoch FROM clock_timestamp() - result.started_at) * 1000, 3);
    -- In a transaction of its own within this one, whose number is larger than that of any that was open at the refresh.
    BEGIN
        INSERT INTO refresh_log
            (view_name, started_at, duration_ms, row_count, was_concurrent, outcome, message, read_at, doubtful_from)
        VALUES (result.view_name, result.started_at, result.duration_ms, result.row_count, result.was_concurrent,
                result.outcome, result.message, read_at,
                CASE WHEN read_at IS NOT NULL THEN
                    coalesce((SELECT x FROM pg_snapshot_xip(before) x ORDER BY x LIMIT 1), pg_snapshot_xmax(before)) END);
    EXCEPTION WHEN OTHERS THEN
        RAISE;
    END;
    RETURN result;
END;
$$;
COMMENT ON FUNCTION pipeline_data.refresh_view(text, boolean) IS
    'Refreshes one materialized view and records it; a failure is recorded and reported, not raised.';
ALTER FUNCTION pipeline_data.refresh_view(text, boolean) DEPENDS ON EXTENSION pipeline_forecast;
