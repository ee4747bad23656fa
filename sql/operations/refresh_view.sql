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
            EXECUTE format('REFRESH MATERIALIZED VIEW %s %s',
                           CASE WHEN result.was_concurrent THEN 'CONCURRENTLY' ELSE '' END, view);
            EXECUTE format('SELECT count(*) FROM %s', view) INTO result.row_count;
            result.outcome := 'refreshed';
        EXCEPTION WHEN OTHERS THEN
            result.outcome := 'failed';
            result.message := format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE);
            RAISE WARNING 'could not refresh materialized view "%": %', view_name, result.message;
        END;
    END IF;
    result.duration_ms := round(extract(epoch FROM clock_timestamp() - result.started_at) * 1000, 3);
    INSERT INTO refresh_log
        (view_name, started_at, duration_ms, row_count, was_concurrent, outcome, message)
    VALUES (result.view_name, result.started_at, result.duration_ms, result.row_count, result.was_concurrent,
            result.outcome, result.message);
    RETURN result;
END;
$$;
COMMENT ON FUNCTION pipeline_data.refresh_view(text, boolean) IS
    'Refreshes one materialized view and records it; a failure is recorded and reported, not raised.';
ALTER FUNCTION pipeline_data.refresh_view(text, boolean) DEPENDS ON EXTENSION pipeline_forecast;
