-- Snapshots that were missed are taken later, from history.

CREATE FUNCTION pipeline.catch_up_forecast_snapshots() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    today date := pipeline_today();
    due timestamptz := (today + make_time(
        pipeline_setting('snapshot_cron_hour_utc')::integer,
        pipeline_setting('snapshot_cron_minute_utc')::integer, 0)) AT TIME ZONE 'UTC';
    newest date;
    missed date;
    taken integer := 0;
BEGIN
    PERFORM require_writable('catch up on forecast snapshots');
    PERFORM require_layout();
    -- The lock of today's snapshot: a daily run that is still busy is waited for, not repeated.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.snapshot'), today - date '2000-01-01');

    SELECT max(snapshot_date) INTO newest FROM pipeline_forecast_snapshot_day WHERE snapshot_date < today;
    FOR missed IN
        SELECT g::date
        FROM generate_series(
            greatest(newest + 1, today - 31, timezone('UTC', history_begins())::date),
            today - 1, interval '1 day') AS g
        WHERE newest IS NOT NULL
    LOOP
        PERFORM create_pipeline_forecast_snapshot(missed);
        taken := taken + 1;
    END LOOP;

    IF now() >= due + interval '2 minutes' AND NOT EXISTS (
        SELECT FROM pipeline_forecast_snapshot_day d
        WHERE d.snapshot_date = today AND d.created_at >= due
    ) THEN
        PERFORM run_daily_forecast_snapshot_maintenance();
        taken := taken + 1;
    END IF;
    RETURN taken;
END;
$$;
COMMENT ON FUNCTION pipeline.catch_up_forecast_snapshots() IS
    'Takes the daily snapshot if its time has passed without one, and those of up to 31 missed days since the last snapshot from history. Returns how many. Does nothing when nothing was missed.';
