-- Dropping a partition takes the owner of the tables, with whose rights this function runs.

CREATE OR REPLACE FUNCTION pipeline.cleanup_old_pipeline_forecast_snapshots(retain_days integer DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
-- Dropping waits for running reports, and new ones queue behind it: it gives up soon and the next run tries again.
SET lock_timeout = '5s'
AS $$
DECLARE
    days integer := coalesce(retain_days, pipeline_setting('snapshot_retention_days')::integer);
    first_kept date;
    expired record;
    removed bigint := 0;
    deleted bigint;
BEGIN
    PERFORM require_writable('remove forecast snapshots');
    IF days < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('retain_days must be at least 1, not %s', days),
            HINT = 'A snapshot exactly retain_days old is kept; leave the argument out to use the setting pipeline_forecast.snapshot_retention_days.';
    END IF;
    PERFORM require_layout();
    first_kept := pipeline_today() - least(days, 700000);

    FOR expired IN SELECT * FROM snapshot_partitions() p WHERE p.next_month <= first_kept LOOP
        removed := removed + count_snapshot_rows(expired.partition, expired.first_day, expired.next_month);
        EXECUTE format('DROP TABLE %s', expired.partition);
    END LOOP;

    DELETE FROM pipeline_forecast_snapshot WHERE snapshot_date < first_kept;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM pipeline_forecast_snapshot_day WHERE snapshot_date < first_kept;
    RETURN (removed + deleted)::integer;
END;
$$;
COMMENT ON FUNCTION pipeline.cleanup_old_pipeline_forecast_snapshots(integer) IS
    'Removes snapshots older than retain_days (default: the setting); a snapshot exactly that old stays. Whole expired months are dropped at once. Returns the rows removed. Errors: 22023 retain_days < 1, 55P03 where a report holds an expired month.';
ALTER FUNCTION pipeline.cleanup_old_pipeline_forecast_snapshots(integer) DEPENDS ON EXTENSION pipeline_forecast;
