-- Refresh of the materialized views, one at a time, each recorded in refresh_log.

CREATE TYPE pipeline.pipeline_refresh AS (
    view_name text,
    started_at timestamptz,
    duration_ms numeric,
    row_count bigint,
    was_concurrent boolean,
    outcome text,
    message text
);
COMMENT ON TYPE pipeline.pipeline_refresh IS 'What a refresh of a materialized view did; outcome is refreshed, skipped or failed.';


CREATE FUNCTION pipeline.refresh_conversion_views(concurrently boolean DEFAULT true)
RETURNS SETOF pipeline_refresh
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    name text;
BEGIN
    PERFORM require_writable('refresh the materialized views');
    PERFORM require_layout();
    FOREACH name IN ARRAY ARRAY['mv_pipeline_forecast_monthly_12m_v1', 'conversion_metrics', 'conversion_metrics_recent']
    LOOP
        RETURN NEXT refresh_view(name, coalesce($1, true));
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline.refresh_conversion_views(boolean) IS
    'Refreshes conversion_metrics, conversion_metrics_recent and mv_pipeline_forecast_monthly_12m_v1, without blocking readers unless concurrently => false. One row per view; a view that fails is reported as a warning and in its row, since an error would undo the others. CALL refresh_pipeline_views() also raises it.';

CREATE FUNCTION pipeline.refresh_analytics_views(concurrently boolean DEFAULT true)
RETURNS SETOF pipeline_refresh
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$ SELECT * FROM refresh_conversion_views($1) $$;
COMMENT ON FUNCTION pipeline.refresh_analytics_views(boolean) IS 'The older name of refresh_conversion_views().';

-- The backtest of the past changes with new snapshots and late invoices; once a day is often enough for what it costs.
CREATE FUNCTION pipeline_internal.refresh_accuracy(concurrently boolean) RETURNS SETOF pipeline_refresh
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM pipeline_forecast_snapshot_day d
        WHERE d.created_at > coalesce((
            SELECT max(l.started_at) FROM refresh_log l
            WHERE l.view_name = 'mv_forecast_accuracy' AND l.outcome = 'refreshed'), '-infinity')
    ) THEN
        RETURN NEXT refresh_view('mv_forecast_accuracy', coalesce($1, true));
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.refresh_accuracy(boolean) IS
    'Refreshes mv_forecast_accuracy if a snapshot was taken since its last refresh, or if it never was.';

-- A procedure that commits cannot pin its search_path: every name in it is qualified.
CREATE PROCEDURE pipeline.refresh_pipeline_views(concurrently boolean DEFAULT true)
LANGUAGE plpgsql
AS $$
DECLARE
    failures pg_catalog.text;
    more_failures pg_catalog.text;
BEGIN
    SELECT pg_catalog.string_agg(pg_catalog.format('%s: %s', r.view_name, r.message), '; ') INTO failures
    FROM pipeline.refresh_conversion_views($1) AS r
    WHERE r.outcome OPERATOR(pg_catalog.=) 'failed';
    -- What was refreshed stays refreshed, and the record of what was not stays too.
    COMMIT;
    SELECT pg_catalog.string_agg(pg_catalog.format('%s: %s', r.view_name, r.message), '; ') INTO more_failures
    FROM pipeline_internal.refresh_accuracy($1) AS r
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
COMMENT ON PROCEDURE pipeline.refresh_pipeline_views(boolean) IS
    'refresh_conversion_views() as a job, and mv_forecast_accuracy where a snapshot was taken since its last refresh: commits what was refreshed, then raises 55000 if a view failed, so that the scheduler records the failure.';
