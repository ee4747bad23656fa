-- Refresh of the materialized views, one at a time, each recorded in refresh_log.

CREATE TYPE @extschema@.pipeline_refresh AS (
    view_name text,
    started_at timestamptz,
    duration_ms numeric,
    row_count bigint,
    was_concurrent boolean,
    outcome text,
    message text
);
COMMENT ON TYPE @extschema@.pipeline_refresh IS 'What a refresh of a materialized view did; outcome is refreshed, skipped or failed.';

CREATE FUNCTION @extschema@._refresh_view(view_name text, concurrently boolean) RETURNS @extschema@.pipeline_refresh
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
    view regclass := to_regclass(format('@extschema@.%I', view_name));
    result @extschema@.pipeline_refresh;
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
    INSERT INTO @extschema@.refresh_log
        (view_name, started_at, duration_ms, row_count, was_concurrent, outcome, message)
    VALUES (result.view_name, result.started_at, result.duration_ms, result.row_count, result.was_concurrent,
            result.outcome, result.message);
    RETURN result;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@._refresh_view(text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@._refresh_view(text, boolean) IS
    'API: private. Refreshes one materialized view and records it; a failure is recorded and reported, not raised.';

CREATE FUNCTION @extschema@.refresh_conversion_views(concurrently boolean DEFAULT true)
RETURNS SETOF @extschema@.pipeline_refresh
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name text;
BEGIN
    PERFORM @extschema@._require_writable('refresh the materialized views');
    PERFORM @extschema@._require_layout();
    FOREACH name IN ARRAY ARRAY['mv_pipeline_forecast_monthly_12m_v1', 'conversion_metrics', 'conversion_metrics_recent']
    LOOP
        RETURN NEXT @extschema@._refresh_view(name, coalesce($1, true));
    END LOOP;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.refresh_conversion_views(boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.refresh_conversion_views(boolean) IS
    'Refreshes conversion_metrics, conversion_metrics_recent and mv_pipeline_forecast_monthly_12m_v1, without blocking readers unless concurrently => false. One row per view; a view that fails is reported as a warning and in its row, since an error would undo the others. CALL refresh_pipeline_views() also raises it.';

CREATE FUNCTION @extschema@.refresh_analytics_views(concurrently boolean DEFAULT true)
RETURNS SETOF @extschema@.pipeline_refresh
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT * FROM @extschema@.refresh_conversion_views($1) $$;
REVOKE ALL ON FUNCTION @extschema@.refresh_analytics_views(boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.refresh_analytics_views(boolean) IS 'The older name of refresh_conversion_views().';

-- The backtest of the past changes with new snapshots and late invoices; once a day is often enough for what it costs.
CREATE FUNCTION @extschema@._refresh_accuracy(concurrently boolean) RETURNS SETOF @extschema@.pipeline_refresh
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM @extschema@.pipeline_forecast_snapshot_day d
        WHERE d.created_at > coalesce((
            SELECT max(l.started_at) FROM @extschema@.refresh_log l
            WHERE l.view_name = 'mv_forecast_accuracy' AND l.outcome = 'refreshed'), '-infinity')
    ) THEN
        RETURN NEXT @extschema@._refresh_view('mv_forecast_accuracy', coalesce($1, true));
    END IF;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@._refresh_accuracy(boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@._refresh_accuracy(boolean) IS
    'API: private. Refreshes mv_forecast_accuracy if a snapshot was taken since its last refresh, or if it never was.';

-- A procedure that commits cannot pin its search_path: every name in it is qualified.
CREATE PROCEDURE @extschema@.refresh_pipeline_views(concurrently boolean DEFAULT true)
LANGUAGE plpgsql
AS $$
DECLARE
    failures pg_catalog.text;
    more_failures pg_catalog.text;
BEGIN
    SELECT pg_catalog.string_agg(pg_catalog.format('%s: %s', r.view_name, r.message), '; ') INTO failures
    FROM @extschema@.refresh_conversion_views($1) AS r
    WHERE r.outcome OPERATOR(pg_catalog.=) 'failed';
    -- What was refreshed stays refreshed, and the record of what was not stays too.
    COMMIT;
    SELECT pg_catalog.string_agg(pg_catalog.format('%s: %s', r.view_name, r.message), '; ') INTO more_failures
    FROM @extschema@._refresh_accuracy($1) AS r
    WHERE r.outcome OPERATOR(pg_catalog.=) 'failed';
    COMMIT;
    failures := pg_catalog.concat_ws('; ', failures, more_failures);
    IF failures OPERATOR(pg_catalog.<>) '' THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = 'could not refresh every materialized view',
            DETAIL = failures,
            HINT = 'The other views were refreshed; refresh_log holds the outcome of each.';
    END IF;
END;
$$;
REVOKE ALL ON PROCEDURE @extschema@.refresh_pipeline_views(boolean) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.refresh_pipeline_views(boolean) IS
    'refresh_conversion_views() as a job, and mv_forecast_accuracy where a snapshot was taken since its last refresh: commits what was refreshed, then raises 55000 if a view failed, so that the scheduler records the failure.';
