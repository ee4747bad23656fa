-- Whether the pipeline is in order: the one verdict that everything else reads.

CREATE FUNCTION pipeline_work.pipeline_readiness(
    max_queue_lag interval DEFAULT NULL,
    max_board_age interval DEFAULT NULL
) RETURNS TABLE(check_name text, ready boolean, detail text, state text, since timestamptz)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    layout health_verdict := check_layout();
BEGIN
    RETURN QUERY
    SELECT c.check_name, c.state <> 'bad', c.detail, c.state, c.since
    FROM (
        SELECT 'layout' AS check_name, layout.state, layout.detail, layout.since
        UNION ALL
        SELECT 'writable', v.* FROM check_writable() v
    ) c;
    IF layout.state = 'bad' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT c.check_name, c.state <> 'bad', c.detail, c.state, c.since
    FROM (
        SELECT 'queue' AS check_name, v.* FROM check_queue(max_queue_lag) v
        UNION ALL
        SELECT 'waiting', v.* FROM check_waiting(max_queue_lag) v
        UNION ALL
        SELECT 'boards', v.* FROM check_boards(max_board_age) v
    ) c;
END;
$$;
COMMENT ON FUNCTION pipeline_work.pipeline_readiness(interval, interval) IS
    'The checks of pipeline_checks() that decide whether requests should come here: whether the tables have the right layout and can be written, no due job waits for too long, what work is put off, and every board was read lately. Nothing else is looked at where the layout is another.';

CREATE FUNCTION pipeline.pipeline_checks(
    max_queue_lag interval DEFAULT NULL,
    max_board_age interval DEFAULT NULL
) RETURNS TABLE(check_name text, state text, detail text, since timestamptz)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET timezone = 'UTC'
AS $$
BEGIN
    -- By its schema: a role that may not use it is told so, and not that there is no such function.
    RETURN QUERY SELECT r.check_name, r.state, r.detail, r.since FROM pipeline_work.pipeline_readiness(max_queue_lag, max_board_age) r;
    RETURN QUERY SELECT 'version', v.* FROM check_version() v;
    IF (check_layout()).state = 'bad' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT 'gates', v.* FROM check_gates() v
    UNION ALL SELECT 'webhooks', v.* FROM check_webhooks() v
    UNION ALL SELECT 'jobs', v.* FROM check_jobs() v
    UNION ALL SELECT 'job_types', v.* FROM check_job_types() v
    UNION ALL SELECT 'schedule', v.* FROM check_schedule() v
    UNION ALL SELECT 'flows', v.* FROM check_flows() v
    UNION ALL SELECT 'refresh', v.* FROM check_refresh() v
    UNION ALL SELECT 'snapshot', v.* FROM check_snapshot() v
    UNION ALL SELECT 'analyses', v.* FROM check_analyses() v
    UNION ALL SELECT 'outlook', v.* FROM check_outlook() v
    UNION ALL SELECT 'links', v.* FROM check_links() v
    UNION ALL SELECT 'clock', v.* FROM check_clock() v;
END;
$$;
COMMENT ON FUNCTION pipeline.pipeline_checks(interval, interval) IS
    'Whether all is in order, one row per check: state is ok, warn (worth a look) or bad (something does not do its work), since tells how long it has been so where that is known. /readyz, /status, the page, pipeline-poller status and /metrics say the same. The arguments are how long a due job may wait (10 minutes) and how long ago a board may have been read (3 hours).';
