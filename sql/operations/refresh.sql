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

CREATE FUNCTION pipeline_internal.conversion_views() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['mv_pipeline_forecast_monthly_12m_v1', 'conversion_metrics', 'conversion_metrics_recent'];
COMMENT ON FUNCTION pipeline_internal.conversion_views() IS 'The materialized views that every refresh brings up to date.';

CREATE FUNCTION pipeline_internal.is_cancelled(refresh pipeline_refresh) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN refresh.outcome = 'failed' AND refresh.message LIKE '%(SQLSTATE 57014)';
COMMENT ON FUNCTION pipeline_internal.is_cancelled(pipeline_refresh) IS
    'Whether a refresh was broken off by somebody, or by a time-out, so that nothing else should be begun.';

CREATE FUNCTION pipeline.refresh_conversion_views(concurrently boolean DEFAULT true)
RETURNS SETOF pipeline_refresh
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    name text;
    refreshed pipeline_refresh;
BEGIN
    PERFORM require_writable('refresh the materialized views');
    PERFORM require_layout();
    FOREACH name IN ARRAY conversion_views() LOOP
        refreshed := refresh_view(name, coalesce($1, true));
        IF is_cancelled(refreshed) THEN
            RAISE EXCEPTION USING ERRCODE = '57014', MESSAGE = refreshed.message;
        END IF;
        RETURN NEXT refreshed;
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
    name pg_catalog.text;
    refresh pipeline.pipeline_refresh;
    failures pg_catalog.text[] := '{}';
    refreshed pg_catalog.text[] := '{}';
BEGIN
    PERFORM pipeline_internal.require_writable('refresh the materialized views');
    PERFORM pipeline_internal.require_layout();
    FOREACH name IN ARRAY pipeline_internal.conversion_views()
        OPERATOR(pg_catalog.||) '{mv_forecast_scope,mv_forecast_quality,mv_forecast_accuracy}'::pg_catalog.text[] LOOP
        IF name OPERATOR(pg_catalog.=) 'mv_forecast_accuracy' THEN
            SELECT * INTO refresh FROM pipeline_internal.refresh_accuracy($1);
        ELSE
            refresh := pipeline_data.refresh_view(name, coalesce($1, true));
        END IF;
        -- What was refreshed stays refreshed, and the record of what was not stays too.
        COMMIT;
        IF refresh.outcome OPERATOR(pg_catalog.=) 'failed' THEN
            failures := failures OPERATOR(pg_catalog.||) pg_catalog.format('%s: %s', name, refresh.message);
        ELSIF refresh.outcome OPERATOR(pg_catalog.=) 'refreshed' THEN
            refreshed := refreshed OPERATOR(pg_catalog.||) name;
        END IF;
        EXIT WHEN pipeline_internal.is_cancelled(refresh);
    END LOOP;
    IF pg_catalog.cardinality(failures) OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN pipeline_internal.is_cancelled(refresh) THEN '57014' ELSE '55000' END,
            MESSAGE = 'could not refresh every materialized view',
            DETAIL = pg_catalog.array_to_string(failures, '; '),
            HINT = pg_catalog.format('Refreshed: %s. refresh_log holds the outcome of each.',
                                     coalesce(nullif(pg_catalog.array_to_string(refreshed, ', '), ''), 'none'));
    END IF;
END;
$$;
COMMENT ON PROCEDURE pipeline.refresh_pipeline_views(boolean) IS
    'refresh_conversion_views() as a job, with mv_forecast_scope and mv_forecast_quality, and mv_forecast_accuracy where a snapshot was taken since its last refresh: commits each view as soon as it is done, and its record, then raises 55000 if one failed, so that the scheduler records the failure. A cancel or a time-out ends it after the view that it met (57014).';
