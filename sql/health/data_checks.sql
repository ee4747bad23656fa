-- Is the data of today.

CREATE FUNCTION pipeline_internal.check_boards(max_board_age interval) RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN count(*) = 0 THEN ('ok', 'no board is configured', NULL)::health_verdict
            WHEN count(*) FILTER (WHERE b.is_late) = 0 THEN
                ('ok', format('%s boards were read in time', count(*)), NULL)::health_verdict
            ELSE (CASE WHEN bool_or(b.is_stuck) THEN 'bad' ELSE 'warn' END,
                  string_agg(b.age, '; ' ORDER BY b.board_id) FILTER (WHERE b.is_late),
                  min(b.high_water_mark) FILTER (WHERE b.is_late))::health_verdict END
        FROM (
            SELECT board.board_id, board.high_water_mark,
                coalesce(board.high_water_mark < b.late_before, true) AS is_late,
                coalesce(board.high_water_mark < b.stuck_before, true) AS is_stuck,
                CASE WHEN board.high_water_mark IS NULL THEN format('board %s was never read', board.board_id)
                     ELSE format('board %s was read %s s ago', board.board_id,
                                 floor(extract(epoch FROM now() - board.high_water_mark))) END AS age
            FROM board_limits(max_board_age) b
            CROSS JOIN monday_board board
            WHERE board.is_active
        ) b);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_boards(interval) IS
    'A warning where a board is overdue, bad where it was not read for longer still, or never.';

CREATE FUNCTION pipeline_internal.check_flows() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN count(*) = 0 THEN ('ok', 'nothing was synchronised or imported lately', NULL)::health_verdict
            WHEN count(*) FILTER (WHERE last.status = 'failed') = 0 THEN
                ('ok', 'the last run of each succeeded', NULL)::health_verdict
            ELSE ('bad', string_agg(
                      format('%s%s failed', last.sync_type, ' of ' || coalesce(last.board_name, last.board_id)), '; '
                      ORDER BY last.sync_type, last.board_id) FILTER (WHERE last.status = 'failed'),
                  min(last.started_at) FILTER (WHERE last.status = 'failed'))::health_verdict END
        FROM (
            SELECT DISTINCT ON (l.sync_type, l.board_id) l.*
            FROM sync_log l
            WHERE l.started_at > now() - (health_thresholds()).flow_failures_of AND l.status <> 'running'
            ORDER BY l.sync_type, l.board_id, l.started_at DESC, l.id DESC
        ) last
        -- Nobody waits for a board that was taken out.
        WHERE NOT EXISTS (SELECT FROM monday_board b WHERE b.board_id = last.board_id AND NOT b.is_active));
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_flows() IS
    'Bad where the last run of a flow that brings data in failed, of those of the last seven days.';

CREATE FUNCTION pipeline_internal.refreshes()
RETURNS TABLE(view_name text, started_at timestamptz, outcome text, message text, refreshed_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    SELECT v.name, last.started_at, last.outcome, last.message, (
        SELECT l.started_at FROM refresh_log l WHERE l.view_name = v.name AND l.outcome = 'refreshed'
        ORDER BY l.started_at DESC LIMIT 1)
    FROM unnest(ARRAY['mv_pipeline_forecast_monthly_12m_v1', 'conversion_metrics', 'conversion_metrics_recent', 'mv_forecast_scope', 'mv_forecast_quality',
                      'mv_forecast_accuracy'])
        AS v (name)
    LEFT JOIN LATERAL (
        SELECT l.* FROM refresh_log l WHERE l.view_name = v.name ORDER BY l.started_at DESC LIMIT 1
    ) last ON true;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.refreshes() IS 'The last refresh of each materialized view, and the last that succeeded.';

CREATE FUNCTION pipeline_internal.check_refresh() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN count(*) FILTER (WHERE r.outcome = 'failed') > 0 THEN
                ('bad', string_agg(format('%s: %s', r.view_name, left(r.message, 200)), '; ') FILTER (WHERE r.outcome = 'failed'),
                 min(r.refreshed_at) FILTER (WHERE r.outcome = 'failed'))::health_verdict
            WHEN min(f.moment) IS NULL THEN ('warn', 'the forecast was never refreshed', NULL)::health_verdict
            ELSE (CASE WHEN min(f.moment) < now() - min(t.refresh_old) THEN 'bad'
                       WHEN min(f.moment) < now() - min(t.refresh_late) THEN 'warn' ELSE 'ok' END,
                  format('the forecast was refreshed %s s ago', floor(extract(epoch FROM now() - min(f.moment)))),
                  CASE WHEN min(f.moment) < now() - min(t.refresh_late) THEN min(f.moment) END)::health_verdict END
        FROM health_thresholds() t
        CROSS JOIN refreshes() r
        -- Accuracy changes with a snapshot and is refreshed after one; scope and quality follow the forecast.
        CROSS JOIN LATERAL (SELECT CASE WHEN r.view_name NOT IN ('mv_forecast_accuracy', 'mv_forecast_scope', 'mv_forecast_quality') THEN r.refreshed_at END AS moment) f);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_refresh() IS
    'A warning where the forecast was not refreshed for an hour, or never; bad after a day, or where the last refresh of a view failed.';

CREATE FUNCTION pipeline_internal.check_snapshot() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN max(d.snapshot_date) IS NULL THEN ('warn', 'there is no snapshot', NULL)::health_verdict
            WHEN max(d.snapshot_date) < pipeline_today() - (health_thresholds()).snapshot_days THEN
                ('bad', format('latest snapshot is of %s', max(d.snapshot_date)), max(d.created_at))::health_verdict
            WHEN max(due.expiring) > max(due.explained) THEN
                ('warn', format('cleanup refuses to remove %s days of snapshots at once: has snapshot_retention_days shrunk?',
                                max(due.expiring)), NULL)::health_verdict
            ELSE ('ok', format('latest snapshot is of %s', max(d.snapshot_date)), NULL)::health_verdict END
        FROM pipeline_forecast_snapshot_day d
        CROSS JOIN expiring_snapshot_days(pipeline_today() - pipeline_setting('snapshot_retention_days')::integer) due);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_snapshot() IS
    'Bad where the latest snapshot is older than that of yesterday; a warning where there is none.';

CREATE FUNCTION pipeline_internal.check_analyses() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
    -- The same projects for a day, so that the verdict does not change by chance.
    enough CONSTANT bigint := 300;
    share double precision := sample_percent('projects');
    looked_at bigint;
    missing bigint;
    old bigint;
BEGIN
    LOOP
        SELECT count(*), count(*) FILTER (WHERE a.project_id IS NULL), count(*) FILTER (WHERE a.analysis_version <> analysis_version())
        INTO looked_at, missing, old
        FROM projects p TABLESAMPLE SYSTEM (share) REPEATABLE (pipeline_today() - date '2000-01-01')
        LEFT JOIN analysis_results a ON a.project_id = p.monday_id
        WHERE p.state = 'active';
        -- Pages may be nearly empty, as after a large delete: then more of them are looked at.
        EXIT WHEN looked_at >= enough OR share >= 100;
        share := least(100, share * 10);
    END LOOP;
    RETURN (CASE WHEN missing + old > 0 THEN 'warn' ELSE 'ok' END,
            CASE WHEN looked_at = 0 THEN 'there is no active project' ELSE format('of %s projects%s %s', looked_at, CASE WHEN share < 100 THEN ' looked at' END,
                coalesce(nullif(concat_ws(' and ',
                    CASE WHEN missing > 0 THEN format('%s have no analysis', missing) END,
                    CASE WHEN old > 0 THEN format('%s have one by the rules of another version', old) END), ''),
                    'each has its analysis')) END,
            NULL)::health_verdict;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_analyses() IS
    'A warning where active projects have no analysis, or one by the rules of another version; of a large table a sample of some thousand is looked at.';

CREATE FUNCTION pipeline_internal.check_outlook() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN last.outcome = 'failed' THEN
                ('bad', format('the last run failed: %s', left(last.message, 200)), last.started_at)::health_verdict
            WHEN newest.as_of IS NULL THEN ('ok', 'the outlook was not fitted yet', NULL)::health_verdict
            WHEN newest.as_of < now() - (health_thresholds()).outlook_late THEN
                ('warn', format('the newest run is of %s', to_char(newest.as_of, 'YYYY-MM-DD')), newest.as_of)::health_verdict
            ELSE ('ok', format('the newest run is of %s: %s, from %s wins', to_char(newest.as_of, 'YYYY-MM-DD'), newest.state,
                               newest.won_count), NULL)::health_verdict END
        FROM (VALUES (1)) one
        LEFT JOIN (SELECT r.as_of, r.state, r.won_count FROM outlook_newest_run r) newest ON true
        LEFT JOIN (
            SELECT l.outcome, l.message, l.started_at FROM refresh_log l
            WHERE l.view_name = 'outlook' ORDER BY l.started_at DESC LIMIT 1
        ) last ON true);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_outlook() IS
    'Bad where the last run of the outlook failed, which leaves the run before it in place; a warning where the newest is older than two days.';
