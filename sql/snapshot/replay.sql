-- Snapshots of a past that was imported: day by day, each in a transaction of its own.

CREATE FUNCTION pipeline_internal.replay_days(from_date date, to_date date, every text) RETURNS date[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    oldest_kept date := pipeline_today() - pipeline_setting('snapshot_retention_days')::integer;
    first_day date;
    last_day date := least(to_date, pipeline_today() - 1);
BEGIN
    IF from_date IS NULL OR to_date IS NULL OR every IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'from_date, to_date and every must not be null',
            HINT = 'CALL pipeline.replay_forecast_snapshots(''2024-01-01'', ''2025-12-31'', every => ''month end'').';
    END IF;
    IF from_date > to_date OR every NOT IN ('month end', 'day') THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = CASE WHEN from_date > to_date THEN format('from_date %s is after to_date %s', from_date, to_date)
                           ELSE format('every must be "month end" or "day", not "%s"', every) END,
            HINT = 'Days from from_date to to_date are replayed, both included: every one, or the last of each month.';
    END IF;
    -- History tells where it begins; the days before it are left out.
    first_day := greatest(from_date, timezone('UTC', history_begins())::date);
    IF first_day < oldest_kept THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('snapshots before %s would be removed by the next cleanup', to_char(oldest_kept, 'YYYY-MM-DD')),
            DETAIL = format('The setting snapshot_retention_days is %s.', pipeline_setting('snapshot_retention_days')),
            HINT = format('Begin later, or keep snapshots longer: SELECT pipeline.configure_pipeline(''snapshot_retention_days'', ''%s'').',
                          pipeline_today() - first_day + 366);
    END IF;
    RETURN ARRAY(
        SELECT g.day::date
        FROM generate_series(first_day::timestamp, last_day::timestamp, interval '1 day') AS g (day)
        WHERE every = 'day' OR extract(day FROM g.day + interval '1 day') = 1
        ORDER BY 1);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.replay_days(date, date, text) IS
    'The days that replay_forecast_snapshots() takes, the oldest first: from where history begins to yesterday at most. Errors: 22004 null, 22023 dates in the wrong order, unknown every, days that are not kept.';

CREATE FUNCTION pipeline_internal.note_replay(run_id bigint, day date, is_taken boolean, total integer) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    run sync_log;
BEGIN
    UPDATE sync_log l
    SET items_processed = l.items_processed + 1,
        items_created = l.items_created + is_taken::integer,
        items_unchanged = l.items_unchanged + (NOT is_taken)::integer,
        seen_at = clock_timestamp(),
        metadata = l.metadata || jsonb_build_object('day', to_char(day, 'YYYY-MM-DD'), 'days', total)
    WHERE l.id = run_id
    RETURNING l.* INTO run;
    RAISE NOTICE 'snapshot of % % (% of %)', to_char(day, 'YYYY-MM-DD'),
        CASE WHEN is_taken THEN 'taken from history' ELSE 'is there' END, run.items_processed, total;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.note_replay(bigint, date, boolean, integer) IS
    'Notes a day of a replay in sync_log, and says it.';

-- A procedure that commits cannot pin its search_path: every name in it is qualified.
CREATE PROCEDURE pipeline.replay_forecast_snapshots(from_date date, to_date date, every text DEFAULT 'month end')
LANGUAGE plpgsql
AS $$
DECLARE
    days pg_catalog.date[];
    day pg_catalog.date;
    run pg_catalog.int8;
    is_taken pg_catalog.bool;
BEGIN
    PERFORM pipeline_internal.require_writable('replay forecast snapshots');
    PERFORM pipeline_internal.require_layout();
    days := pipeline_internal.replay_days(from_date, to_date, every);
    run := pipeline_work.begin_sync_run('history_replay', NULL, 'replay_forecast_snapshots');
    COMMIT;
    FOREACH day IN ARRAY days LOOP
        is_taken := pipeline_data.replay_day(day);
        PERFORM pipeline_internal.note_replay(run, day, is_taken, pg_catalog.cardinality(days));
        -- Whatever ends the replay, the next one goes on from here.
        COMMIT;
    END LOOP;
    PERFORM pipeline_work.end_sync_run(run);
    COMMIT;
END;
$$;
COMMENT ON PROCEDURE pipeline.replay_forecast_snapshots(date, date, text) IS
    'Takes the snapshots of past days from history, with the analyses of then: the last day of each month from from_date to to_date, or every => ''day''. Each is computed from what history knew at the end of that day, and nothing later. Snapshots that are there stay, unless history was imported since they were computed from it. Each day is a transaction of its own, noted in sync_log (history_replay); a replay that was broken off goes on where it was. Errors: 22004 null, 22023 dates in the wrong order, unknown every, days before snapshot_retention_days.';
