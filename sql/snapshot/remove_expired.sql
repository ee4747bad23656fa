-- Dropping a partition takes the owner of the tables, with whose rights this function runs.

CREATE OR REPLACE FUNCTION pipeline.cleanup_old_pipeline_forecast_snapshots(
    retain_days integer DEFAULT NULL,
    accept_losses boolean DEFAULT false
) RETURNS integer
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
    due record;
    removed bigint := 0;
    deleted bigint;
BEGIN
    PERFORM require_writable('remove forecast snapshots');
    IF days < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('retain_days must be at least 1, not %s', days),
            HINT = 'A snapshot exactly retain_days old is kept; leave the argument out to use the setting snapshot_retention_days.';
    END IF;
    PERFORM require_layout();
    first_kept := pipeline_today() - least(days, 700000);
    SELECT * INTO due FROM expiring_snapshot_days(first_kept);
    -- A number that the owner of the tables passes is meant; the setting may be another than it was, and who only works for
    -- the owner has to say that losses are meant.
    IF accept_losses IS NOT TRUE AND due.expiring > due.explained
       AND NOT (retain_days IS NOT NULL AND pg_has_role(calling_role(), current_user, 'USAGE')) THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('refused to remove %s days of forecast snapshots at once, since no more than %s are due', due.expiring, due.explained),
            DETAIL = format('%s is %s, the oldest snapshot is of %s, the previous cleanup was %s.',
                            CASE WHEN retain_days IS NULL THEN 'The setting snapshot_retention_days' ELSE 'retain_days' END, days, due.oldest, coalesce('on ' || due.last_cleanup, 'never')),
            HINT = CASE WHEN retain_days IS NULL
                THEN 'To keep them: SELECT pipeline.configure_pipeline(''snapshot_retention_days'', ''3650''). To lose them: SELECT pipeline.cleanup_old_pipeline_forecast_snapshots(accept_losses => true).'
                ELSE format('To lose them: SELECT pipeline.cleanup_old_pipeline_forecast_snapshots(%s, accept_losses => true).', retain_days) END;
    END IF;

    FOR expired IN SELECT * FROM snapshot_partitions() p WHERE p.next_month <= first_kept LOOP
        removed := removed + count_snapshot_rows(expired.partition, expired.first_day, expired.next_month);
        EXECUTE format('DROP TABLE %s', expired.partition);
    END LOOP;

    DELETE FROM pipeline_forecast_snapshot WHERE snapshot_date < first_kept;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM pipeline_forecast_snapshot_day WHERE snapshot_date < first_kept;
    IF removed + deleted > 0 THEN
        DELETE FROM snapshot_dimension WHERE end_day <= first_kept;
    END IF;
    INSERT INTO snapshot_cleanup (first_kept, removed_days, removed_rows, cleaned_by)
    VALUES (first_kept, due.expiring, removed + deleted, calling_role());
    RETURN (removed + deleted)::integer;
END;
$$;
COMMENT ON FUNCTION pipeline.cleanup_old_pipeline_forecast_snapshots(integer, boolean) IS
    'Removes snapshots older than retain_days (default: the setting); a snapshot exactly that old stays. Whole expired months are dropped at once. Returns the rows removed. It removes no more days than passed since the last cleanup, and a week, unless accept_losses says so, or the owner of the tables passes retain_days. Errors: 22023 retain_days < 1, 55000 more days than that, 55P03 where a report holds an expired month.';
ALTER FUNCTION pipeline.cleanup_old_pipeline_forecast_snapshots(integer, boolean) DEPENDS ON EXTENSION pipeline_forecast;
