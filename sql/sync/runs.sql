-- Runs: every flow that brings data in leaves one row in sync_log, whatever becomes of its worker.

CREATE FUNCTION pipeline_internal.require_run(run_id bigint) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF run_id IS NULL OR NOT EXISTS (SELECT FROM sync_log l WHERE l.id = run_id) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'P0002',
            MESSAGE = format('unknown sync run %s', coalesce(run_id::text, 'NULL')),
            HINT = 'begin_sync_run() starts one and returns its number.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_run(bigint) IS 'Error P0002 for a run that sync_log does not have.';

CREATE FUNCTION pipeline_work.fail_abandoned_sync_runs(silence interval DEFAULT '15 minutes') RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    failed integer;
BEGIN
    PERFORM require_writable('record sync runs');
    PERFORM require_layout();
    IF silence IS NULL OR silence < interval '0' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'silence must be zero or more',
            HINT = 'Leave it out for 15 minutes.';
    END IF;
    UPDATE sync_log l
    SET status = 'failed', completed_at = clock_timestamp(),
        error_message = format('no sign of life since %s', to_char(l.seen_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'))
    -- A run that somebody is writing to at this moment is alive.
    WHERE l.id IN (SELECT r.id FROM sync_log r
                   WHERE r.status = 'running' AND r.seen_at < clock_timestamp() - silence
                   FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS failed = ROW_COUNT;
    DELETE FROM monday_scan_page s
    USING sync_log l
    WHERE l.id = s.run_id AND l.status <> 'running';
    RETURN failed;
END;
$$;
COMMENT ON FUNCTION pipeline_work.fail_abandoned_sync_runs(interval) IS
    'Marks running sync runs failed that gave no sign of life for so long: their worker is gone. Returns their number. begin_sync_run() does it by itself. Error 22023 for a negative duration.';

CREATE FUNCTION pipeline_work.begin_sync_run(sync_type text, board_id text DEFAULT NULL, trigger text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    run bigint;
BEGIN
    PERFORM require_writable('record sync runs');
    PERFORM require_layout();
    IF coalesce(sync_type, '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'sync_type must not be empty',
            HINT = 'Name the flow, for example rehydrate_delta.';
    END IF;
    PERFORM fail_abandoned_sync_runs();
    INSERT INTO sync_log (sync_type, board_id, board_name, trigger)
    VALUES (sync_type, board_id,
            (SELECT b.name FROM monday_board b WHERE b.board_id = begin_sync_run.board_id), trigger)
    RETURNING id INTO run;
    RETURN run;
END;
$$;
COMMENT ON FUNCTION pipeline_work.begin_sync_run(text, text, text) IS
    'Starts a run of a flow (of one board, or of all) in sync_log and returns its number. Error 22004 without a flow.';

CREATE FUNCTION pipeline_work.add_sync_progress(run_id bigint, api_calls bigint, complexity_used bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('record sync runs');
    PERFORM require_layout();
    PERFORM require_run(run_id);
    UPDATE sync_log l
    SET api_calls = l.api_calls + coalesce(add_sync_progress.api_calls, 0),
        complexity_used = l.complexity_used + coalesce(add_sync_progress.complexity_used, 0),
        seen_at = clock_timestamp()
    WHERE l.id = run_id;
END;
$$;
COMMENT ON FUNCTION pipeline_work.add_sync_progress(bigint, bigint, bigint) IS
    'Adds calls and complexity to a run, and shows that it is alive. Error P0002 for an unknown run.';

CREATE FUNCTION pipeline_work.end_sync_run(
    run_id bigint,
    status text DEFAULT 'completed',
    error_message text DEFAULT NULL,
    api_calls bigint DEFAULT 0,
    complexity_used bigint DEFAULT 0,
    metadata jsonb DEFAULT '{}'
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM add_sync_progress(run_id, api_calls, complexity_used);
    IF status IS NULL OR status NOT IN ('completed', 'failed') THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('a sync run cannot end as "%s"', coalesce(status, 'NULL')),
            HINT = 'It ends as completed or as failed.';
    END IF;
    IF (status = 'failed') <> (coalesce(error_message, '') <> '') THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = CASE status WHEN 'failed' THEN 'a sync run that failed needs an error message'
                                  ELSE 'a sync run with an error cannot end as completed' END,
            HINT = 'A run that met an error which it could not retry is failed.';
    END IF;
    UPDATE sync_log l
    SET status = end_sync_run.status, error_message = end_sync_run.error_message, completed_at = clock_timestamp(),
        metadata = l.metadata || coalesce(end_sync_run.metadata, '{}')
    WHERE l.id = run_id;
    -- An unfinished scan proves nothing.
    DELETE FROM monday_scan_page s WHERE s.run_id = end_sync_run.run_id;
END;
$$;
COMMENT ON FUNCTION pipeline_work.end_sync_run(bigint, text, text, bigint, bigint, jsonb) IS
    'Ends a run as completed, or as failed with the text of its error; adds calls and complexity. Errors: P0002 unknown run, 22023 a state that makes no sense.';

CREATE FUNCTION pipeline_internal.require_or_begin_run(run_id bigint, sync_type text, board_id text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF run_id IS NULL THEN
        RETURN begin_sync_run(sync_type, board_id, 'by hand');
    END IF;
    PERFORM require_run(run_id);
    RETURN run_id;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_or_begin_run(bigint, text, text) IS
    'The given run, or a new one for a call that belongs to none. Error P0002 for an unknown run.';
