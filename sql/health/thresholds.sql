-- When something is late, stuck or old. Every verdict on health takes its limits from here.

CREATE FUNCTION pipeline_internal.health_thresholds(
    max_queue_lag interval DEFAULT NULL,
    max_board_age interval DEFAULT NULL,
    OUT queue_stuck interval,
    OUT board_late interval,
    OUT board_stuck interval,
    OUT job_failures_of interval,
    OUT flow_failures_of interval,
    OUT schedule_grace interval,
    OUT refresh_late interval,
    OUT refresh_old interval,
    OUT snapshot_days integer,
    OUT outlook_late interval,
    OUT clock_tolerance interval,
    OUT clock_wrong interval
)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ROW(
    -- A due job has waited for so long, or a lease ran out so long ago.
    coalesce(max_queue_lag, interval '10 minutes'),
    -- The hourly sync has missed a board twice, and once more.
    least(interval '2 hours', max_board_age),
    coalesce(max_board_age, interval '3 hours'),
    -- For so long a job, or a flow, that failed is spoken of.
    interval '1 day',
    interval '7 days',
    -- pg_cron starts jobs a little after the full minute.
    interval '2 minutes',
    -- The refresh of every half hour was missed twice; the figures are of another day.
    interval '1 hour',
    interval '1 day',
    -- The latest snapshot may be that of yesterday.
    1,
    -- The outlook of two nights is missing.
    interval '2 days',
    -- So far into the future moments of this database may lie, and so far they are more than a correction.
    interval '1 minute',
    interval '1 hour');
COMMENT ON FUNCTION pipeline_internal.health_thresholds(interval, interval) IS
    'The limits that pipeline_checks(), data_freshness and pipeline_schedule judge by; NULL stands for the usual ones, 10 minutes and 3 hours.';

CREATE FUNCTION pipeline_internal.board_limits(
    max_board_age interval DEFAULT NULL,
    OUT late_before timestamptz,
    OUT stuck_before timestamptz
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    schedule text := (SELECT j.schedule FROM pipeline_job j WHERE j.job_name = 'rehydrate_delta');
    run timestamptz := pipeline_cron_previous(schedule, now());
    run_before timestamptz := pipeline_cron_previous(schedule, run - interval '1 second');
    run_before_that timestamptz := pipeline_cron_previous(schedule, run_before - interval '1 second');
BEGIN
    -- A sync that is scheduled less often than every hour has missed nothing before its time.
    SELECT least(now() - t.board_late, run_before), least(now() - t.board_stuck, run_before_that)
    INTO late_before, stuck_before
    FROM health_thresholds(max_board_age => max_board_age) t;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.board_limits(interval) IS
    'A board whose changes were read up to a moment before late_before is overdue; before stuck_before it is as good as not read.';

CREATE FUNCTION pipeline_internal.sample_percent(relation regclass) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE
RETURN least(100, 100 * 100::double precision / greatest(1, pg_relation_size(relation) / current_setting('block_size')::integer));
COMMENT ON FUNCTION pipeline_internal.sample_percent(regclass) IS
    'The share of a table, in percent, that a check looks at: a hundred pages. Some thousand rows tell as much as all, and cost milliseconds however many there are. Of a small table it is all.';
