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
    oldest date;
    hint text;
    missed date;
    taken integer := 0;
BEGIN
    PERFORM require_writable('catch up on forecast snapshots');
    PERFORM require_layout();
    -- The lock of the snapshots: a daily run that is still busy is waited for, not repeated.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.snapshot'));

    SELECT min(snapshot_date) INTO oldest FROM pipeline_forecast_snapshot_day WHERE snapshot_date < today;
    FOR missed IN
        SELECT g::date
        FROM generate_series(
            greatest(oldest, today - 31, today - pipeline_setting('snapshot_retention_days')::integer,
                     timezone('UTC', history_begins())::date)::timestamp,
            today - interval '1 day', interval '1 day') AS g
        WHERE oldest IS NOT NULL AND NOT EXISTS (
            SELECT FROM pipeline_forecast_snapshot_day d WHERE d.snapshot_date = g::date)
    LOOP
        BEGIN
            PERFORM create_pipeline_forecast_snapshot(missed);
            taken := taken + 1;
        EXCEPTION WHEN OTHERS THEN
            -- A day that cannot be had keeps no other from being taken; the next run tries again.
            GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
            RAISE WARNING USING
                ERRCODE = SQLSTATE,
                MESSAGE = format('the forecast snapshot of %s was not taken: %s', to_char(missed, 'YYYY-MM-DD'), SQLERRM),
                HINT = hint;
        END;
    END LOOP;

    IF now() >= due + interval '2 minutes' AND NOT EXISTS (
        SELECT FROM pipeline_forecast_snapshot_day d
        WHERE d.snapshot_date = today AND d.created_at >= due
    ) THEN
        BEGIN
            PERFORM run_daily_forecast_snapshot_maintenance();
            taken := taken + 1;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
            RAISE WARNING USING
                ERRCODE = SQLSTATE, MESSAGE = format('the forecast snapshot of today was not taken: %s', SQLERRM), HINT = hint;
        END;
    END IF;
    RETURN taken;
END;
$$;
COMMENT ON FUNCTION pipeline.catch_up_forecast_snapshots() IS
    'Takes the daily snapshot if its time has passed without one, and those of the last 31 days that were missed since the first snapshot from history. Returns how many. A day that cannot be taken is told in a warning, and tried again by the next call.';
