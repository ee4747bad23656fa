-- The moments that the outlook is fitted at.

CREATE FUNCTION pipeline_internal.is_month_start(moment timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN timezone('UTC', moment) = date_trunc('month', timezone('UTC', moment));
COMMENT ON FUNCTION pipeline_internal.is_month_start(timestamptz) IS
    'Whether a moment is the first of a month (UTC): runs of such moments are kept, and make the record.';

CREATE FUNCTION pipeline_internal.outlook_due() RETURNS SETOF timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    -- So many month starts give the bands a record.
    months_replayed CONSTANT integer := 24;
    today date := pipeline_today();
    snapshot_due timestamptz := (today + make_time(
        pipeline_setting('snapshot_cron_hour_utc')::integer,
        pipeline_setting('snapshot_cron_minute_utc')::integer, 0)) AT TIME ZONE 'UTC';
    begins timestamptz := (SELECT min(h.valid_from) FROM project_history h);
BEGIN
    RETURN QUERY
    SELECT due.moment
    FROM (
        SELECT (date_trunc('month', today::timestamp) - make_interval(months => n)) AT TIME ZONE 'UTC'
        FROM generate_series(0, months_replayed - 1) AS n
        UNION
        -- After the snapshot, or an hour later without it.
        SELECT today::timestamp AT TIME ZONE 'UTC'
        WHERE now() >= snapshot_due + interval '1 hour'
           OR EXISTS (SELECT FROM pipeline_forecast_snapshot_day d WHERE d.snapshot_date = today AND d.created_at >= snapshot_due)
        UNION
        -- A large import is not kept waiting for the night.
        SELECT l.completed_at
        FROM sync_log l
        WHERE l.sync_type = 'import' AND l.status = 'completed' AND l.completed_at < now()
          AND l.completed_at > coalesce((SELECT r.as_of FROM outlook_newest_run r), '-infinity')
          AND l.items_created + l.items_updated >= 100
    ) AS due (moment)
    WHERE due.moment > begins
      AND NOT EXISTS (SELECT FROM outlook_run r WHERE r.as_of = due.moment)
    ORDER BY due.moment;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.outlook_due() IS
    'The moments that the outlook has to be fitted at, oldest first: the last 24 month starts since history begins, today after its snapshot, and the ends of large imports, as far as there is no run of them.';

CREATE FUNCTION pipeline_internal.outlook_month_starts(first_day date, last_day date) RETURNS timestamptz[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT coalesce(array_agg(m.month AT TIME ZONE 'UTC' ORDER BY m.month), '{}')
    FROM generate_series(pipeline_forecast_month($1)::timestamp, $2::timestamp, interval '1 month') AS m (month)
    WHERE m.month AT TIME ZONE 'UTC' <= now()
$$;
COMMENT ON FUNCTION pipeline_internal.outlook_month_starts(date, date) IS
    'The month starts (UTC) from the month of a day to another day, as far as they are past.';

CREATE FUNCTION pipeline_internal.try_to_fit_outlook(moment timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    started timestamptz := clock_timestamp();
    failure text;
BEGIN
    BEGIN
        PERFORM fit_outlook(moment);
    EXCEPTION WHEN OTHERS THEN
        failure := format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE);
    END;
    INSERT INTO refresh_log (view_name, started_at, duration_ms, was_concurrent, outcome, message)
    VALUES ('outlook', started, round(extract(epoch FROM clock_timestamp() - started) * 1000, 3), true,
            CASE WHEN failure IS NULL THEN 'refreshed' ELSE 'failed' END, failure);
    RETURN failure;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.try_to_fit_outlook(timestamptz) IS
    'fit_outlook(), recorded in refresh_log as "outlook"; returns what went wrong, NULL where nothing did.';
