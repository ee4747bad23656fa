-- Is everything that reports read consistent? One row per check; a check passes with no violation.

CREATE FUNCTION pipeline.validate_pipeline_forecast()
RETURNS TABLE(check_name text, violations bigint, passed boolean, sample text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    missing text;
    refresh record;
    query text;
    found text[];
BEGIN
    PERFORM require_layout();
    SELECT name INTO missing
    FROM unnest(ARRAY[
        'pipeline_stage', 'projects', 'project_dimension', 'analysis_results', 'analysis_digest', 'project_history',
        'analysis_history', 'pipeline_forecast_snapshot', 'pipeline_forecast_snapshot_day', 'vw_pipeline_forecast_project_v1',
        'mv_pipeline_forecast_monthly_12m_v1', 'vw_pipeline_forecast_monthly_12m_v1']) AS name
    WHERE to_regclass(name) IS NULL
    LIMIT 1;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '42P01',
            MESSAGE = format('relation "%s" does not exist', missing),
            HINT = 'Call pipeline_setup(), which puts missing views back.';
    END IF;

    -- A view that was refreshed by hand tells when it was, and nothing is known of the writers of that moment.
    SELECT CASE WHEN by_hand.at IS NULL THEN l.read_at ELSE by_hand.at END AS moment,
           CASE WHEN by_hand.at IS NULL THEN l.doubtful_from END AS doubtful_from,
           CASE WHEN by_hand.at IS NULL THEN l.doubtful_until END AS doubtful_until
    INTO refresh
    FROM (SELECT max(m.refreshed_at) AS at FROM mv_pipeline_forecast_monthly_12m_v1 m) shown
    LEFT JOIN LATERAL (
        SELECT r.*, r.xmin AS doubtful_until FROM refresh_log r
        WHERE r.view_name = 'mv_pipeline_forecast_monthly_12m_v1' AND r.outcome = 'refreshed'
        ORDER BY r.started_at DESC LIMIT 1
    ) l ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN l.read_at IS NULL OR l.read_at < shown.at THEN coalesce(shown.at, l.started_at) END AS at
    ) by_hand;

    FOR check_name, query IN SELECT * FROM validation_checks() LOOP
        -- A check that cannot be made is not passed, and keeps no other from being made.
        BEGIN
            EXECUTE format('SELECT coalesce(array_agg(f.what), %L) FROM (%s) AS f (what)', '{}', query) INTO found
            USING refresh.moment, refresh.doubtful_from, refresh.doubtful_until;
        EXCEPTION WHEN OTHERS THEN
            found := ARRAY[format('could not be checked: %s (SQLSTATE %s)', SQLERRM, SQLSTATE)];
        END;
        violations := CASE WHEN check_name LIKE 'notice%' THEN 0 ELSE cardinality(found) END;
        passed := violations = 0;
        sample := nullif(array_to_string(found[1:5], ', '), '');
        RETURN NEXT;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline.validate_pipeline_forecast() IS
    'Checks that stages, values, months, snapshots, history, digest and dimension agree, and that what pipeline_setup() makes is there; one row per check with the number of violations and some of them. A check that cannot be made is not passed. Error 42P01 where a relation is missing.';
