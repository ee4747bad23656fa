-- Retention: whole expired months go by dropping their partition, so that the cost does not depend on their rows.

CREATE FUNCTION pipeline_internal.snapshot_partitions() RETURNS TABLE(partition regclass, first_day date, next_month date)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT c.oid::regclass, (bounds.matched)[1]::date, (bounds.matched)[2]::date
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (
        SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM [(]''([^'']+)''[)] TO [(]''([^'']+)''[)]') AS matched
    ) bounds
    WHERE i.inhparent = 'pipeline_forecast_snapshot'::regclass AND bounds.matched IS NOT NULL
    ORDER BY 2
$$;
COMMENT ON FUNCTION pipeline_internal.snapshot_partitions() IS
    'The partitions of pipeline_forecast_snapshot with their bounds.';

CREATE FUNCTION pipeline_internal.is_snapshot_partition(name text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT EXISTS (
        SELECT FROM pg_inherits i
        WHERE i.inhrelid = to_regclass(format('pipeline_data.%I', $1)) AND i.inhparent = 'pipeline_forecast_snapshot'::regclass)
$$;
COMMENT ON FUNCTION pipeline_internal.is_snapshot_partition(text) IS
    'Whether a table of that name in pipeline_data is a partition of pipeline_forecast_snapshot.';

CREATE FUNCTION pipeline_internal.count_snapshot_rows(partition regclass, first_day date, next_month date) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
    recorded bigint;
    unrecorded boolean;
    counted bigint;
BEGIN
    SELECT coalesce(sum(d.row_count), 0) INTO recorded
    FROM pipeline_forecast_snapshot_day d
    WHERE d.snapshot_date >= first_day AND d.snapshot_date < next_month;

    -- One index probe a day tells whether rows came in by another way than the snapshot function.
    EXECUTE format($sql$
        SELECT EXISTS (
            SELECT FROM generate_series($1::timestamp, $2 - interval '1 day', interval '1 day') AS g (day)
            WHERE NOT EXISTS (SELECT FROM pipeline_forecast_snapshot_day d WHERE d.snapshot_date = g.day::date)
              AND EXISTS (SELECT FROM %s s WHERE s.snapshot_date = g.day::date))
    $sql$, partition) INTO unrecorded USING first_day, next_month;
    IF NOT unrecorded THEN
        RETURN recorded;
    END IF;
    -- Counting is exact while it is cheap; beyond that the server's own row counter has to do.
    IF pg_relation_size(partition) <= 16 * 1024 * 1024 THEN
        EXECUTE format('SELECT count(*) FROM %s', partition) INTO counted;
    ELSE
        counted := greatest(recorded, pg_stat_get_live_tuples(partition),
                            (SELECT reltuples::bigint FROM pg_class WHERE oid = partition));
    END IF;
    RETURN counted;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.count_snapshot_rows(regclass, date, date) IS
    'Rows of a partition without reading it: exact for snapshots taken by the functions and for small partitions, else the server''s row counter.';

-- Each day that passes lets one snapshot day expire. Where many more would go, a setting has shrunk or was lost.
CREATE FUNCTION pipeline_internal.expiring_snapshot_days(first_kept date)
RETURNS TABLE(expiring integer, explained integer, oldest date, last_cleanup date)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT days.expiring, 7 + greatest(pipeline_today() - coalesce(last.day, pipeline_today()), 0), days.oldest, last.day
    FROM (SELECT max(c.cleaned_at AT TIME ZONE 'UTC')::date AS day FROM snapshot_cleanup c) last
    CROSS JOIN (
        -- Days that somebody inserted are on no list: one index probe each.
        SELECT count(*)::integer AS expiring, min(g.day)::date AS oldest
        FROM (
            SELECT least((SELECT min(d.snapshot_date) FROM pipeline_forecast_snapshot_day d),
                         (SELECT min(p.first_day) FROM snapshot_partitions() p)) AS day
        ) first
        CROSS JOIN generate_series(first.day::timestamp, ($1 - 1)::timestamp, interval '1 day') AS g (day)
        WHERE EXISTS (SELECT FROM pipeline_forecast_snapshot_day d WHERE d.snapshot_date = g.day::date)
           OR EXISTS (SELECT FROM pipeline_forecast_snapshot s WHERE s.snapshot_date = g.day::date)
    ) days
$$;
COMMENT ON FUNCTION pipeline_internal.expiring_snapshot_days(date) IS
    'How many snapshot days lie before a day, and how many of them may go without a question: those that passed since the last cleanup, and a week.';

CREATE FUNCTION pipeline.run_daily_forecast_snapshot_maintenance(
    snapshot_date date DEFAULT pipeline_today(),
    retain_days integer DEFAULT NULL
) RETURNS TABLE(date date, inserted integer, deleted integer, ms numeric)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    started timestamptz := clock_timestamp();
    hint text;
BEGIN
    date := snapshot_date;
    IF snapshot_date = pipeline_today() THEN
        -- Whoever takes this snapshot as well waits here, in the order in which create_pipeline_forecast_snapshot() and
        -- catch_up_forecast_snapshots() take the locks.
        PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.snapshot'), snapshot_date - date '2000-01-01');
        PERFORM try_to_analyze_projects();
    END IF;
    inserted := create_pipeline_forecast_snapshot(snapshot_date);
    BEGIN
        deleted := cleanup_old_pipeline_forecast_snapshots(retain_days);
    EXCEPTION WHEN lock_not_available THEN
        -- The day's snapshot must not be lost to somebody's long report.
        deleted := 0;
        RAISE WARNING USING
            ERRCODE = '55P03',
            MESSAGE = 'expired forecast snapshots were not removed: a running query holds them',
            HINT = 'The next daily run removes them.';
    WHEN invalid_parameter_value THEN
        RAISE;
    WHEN OTHERS THEN
        -- Nor to a setting that was lost, or whatever else keeps old ones from being removed.
        GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
        deleted := 0;
        RAISE WARNING USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = hint;
    END;
    ms := round(extract(epoch FROM clock_timestamp() - started) * 1000, 3);
    RETURN NEXT;
END;
$$;
COMMENT ON FUNCTION pipeline.run_daily_forecast_snapshot_maintenance(date, integer) IS
    'The daily job: analyses all projects (where the day is today), takes the snapshot of the day and removes expired ones; one row with the day, rows inserted and deleted, and milliseconds. Where the analysis or the cleanup fails or refuses, a warning says so and the snapshot is taken all the same.';
