-- Whether the pipeline is in order, for whoever decides if requests should come here.

CREATE FUNCTION pipeline_work.pipeline_readiness(
    max_queue_lag interval DEFAULT '10 minutes',
    max_board_age interval DEFAULT '3 hours'
) RETURNS TABLE(check_name text, ready boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    BEGIN
        PERFORM require_layout();
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
        RETURN QUERY SELECT 'layout', false, SQLERRM;
        RETURN;
    END;
    RETURN QUERY
    SELECT 'layout', true, format('layout %s', layout_version())
    UNION ALL
    SELECT 'queue', coalesce(due.lag <= max_queue_lag, true),
        CASE WHEN due.lag IS NULL THEN 'no job is due'
             ELSE format('the oldest due job has waited for %s s', floor(extract(epoch FROM due.lag))) END
    FROM (
        -- Put off by a provider is not late.
        SELECT clock_timestamp() - min(greatest(q.run_at, q.created_at)) AS lag
        FROM job_queue_queued q
        LEFT JOIN job_type t ON t.job_type = q.job_type
        LEFT JOIN provider_gate gate ON gate.provider = t.provider
        WHERE q.run_at <= clock_timestamp() AND coalesce(gate.blocked_until <= clock_timestamp(), true)
    ) due
    UNION ALL
    SELECT 'boards', count(*) FILTER (WHERE b.late) = 0,
        CASE WHEN count(*) = 0 THEN 'no board is configured'
             WHEN count(*) FILTER (WHERE b.late) = 0 THEN format('%s boards were read in time', count(*))
             ELSE string_agg(b.state, '; ' ORDER BY b.board_id) FILTER (WHERE b.late) END
    FROM (
        SELECT board.board_id, coalesce(clock_timestamp() - board.high_water_mark > max_board_age, true) AS late,
            CASE WHEN board.high_water_mark IS NULL THEN format('board %s was never read', board.board_id)
                 ELSE format('board %s was read %s s ago', board.board_id,
                             floor(extract(epoch FROM clock_timestamp() - board.high_water_mark))) END AS state
        FROM monday_board board
        WHERE board.is_active
    ) b;
END;
$$;
COMMENT ON FUNCTION pipeline_work.pipeline_readiness(interval, interval) IS
    'Whether the tables have the right layout, no due job waits for too long, and every board was read lately: one row per check.';
