-- Is everything that reports read consistent? One row per check; a check passes with no violation.

CREATE FUNCTION pipeline_internal.check_result(found text[])
RETURNS TABLE(violations bigint, passed boolean, sample text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT cardinality($1)::bigint, cardinality($1) = 0, nullif(array_to_string($1[1:5], ', '), '')
$$;
COMMENT ON FUNCTION pipeline_internal.check_result(text[]) IS
    'The outcome of a check that found these violations; the sample shows the first five.';

CREATE FUNCTION pipeline.validate_pipeline_forecast()
RETURNS TABLE(check_name text, violations bigint, passed boolean, sample text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    missing text;
    refreshed timestamptz;
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

    RETURN QUERY
    SELECT 'stage_bucket_known', r.* FROM check_result(ARRAY(
        SELECT v.project_id FROM vw_pipeline_forecast_project_v1 v
        WHERE v.stage_bucket IS NULL OR v.stage_bucket NOT IN (@list forecast/buckets.sql@))) r;

    RETURN QUERY
    SELECT 'stage_bucket_follows_rule', r.* FROM check_result(ARRAY(
        SELECT p.monday_id
        FROM projects p
        JOIN pipeline_stage any_other ON any_other.stage = '(any other)'
        LEFT JOIN pipeline_stage s ON s.stage = p.pipeline_stage
        WHERE p.state = 'active'
          AND (p.stage_rule, p.stage_bucket)
              <> (coalesce(s.stage, any_other.stage), coalesce(s.stage_bucket, any_other.stage_bucket)))) r;

    RETURN QUERY
    SELECT 'contract_value_follows_fallback', r.* FROM check_result(ARRAY(
        SELECT v.project_id FROM vw_pipeline_forecast_project_v1 v
        WHERE v.contract_value IS DISTINCT FROM
            coalesce(nullif(v.total_order_value, 0), nullif(v.new_enquiry_value, 0), 0))) r;

    RETURN QUERY
    SELECT 'probability_within_0_and_1', r.* FROM check_result(ARRAY(
        SELECT v.project_id FROM vw_pipeline_forecast_project_v1 v
        WHERE (v.probability BETWEEN 0 AND 1 AND v.worst_case_probability BETWEEN 0 AND 1
               AND v.best_case_probability BETWEEN 0 AND 1) IS NOT TRUE)) r;

    RETURN QUERY
    SELECT 'project_values_in_order', r.* FROM check_result(ARRAY(
        SELECT v.project_id FROM vw_pipeline_forecast_project_v1 v
        WHERE (v.worst_case_value <= v.expected_value AND v.expected_value <= v.best_case_value) IS NOT TRUE)) r;

    RETURN QUERY
    SELECT 'monthly_values_in_order', r.* FROM check_result(ARRAY(
        SELECT m.forecast_month || ' ' || m.stage_bucket FROM mv_pipeline_forecast_monthly_12m_v1 m
        WHERE (m.worst_case_value <= m.expected_value AND m.expected_value <= m.best_case_value) IS NOT TRUE)) r;

    -- Monthly figures are checked against the moment of their refresh, not against what has changed since.
    SELECT coalesce((SELECT max(m.refreshed_at) FROM mv_pipeline_forecast_monthly_12m_v1 m),
                    (SELECT max(l.started_at) FROM refresh_log l
                     WHERE l.view_name = 'mv_pipeline_forecast_monthly_12m_v1' AND l.outcome = 'refreshed'))
    INTO refreshed;
    RETURN QUERY
    SELECT 'monthly_rows_within_12_months', r.* FROM check_result(ARRAY(
        SELECT m.forecast_month || ' ' || m.stage_bucket FROM mv_pipeline_forecast_monthly_12m_v1 m
        WHERE m.forecast_month < pipeline_window_start((refreshed AT TIME ZONE 'UTC')::date)
           OR m.forecast_month >= pipeline_window_end((refreshed AT TIME ZONE 'UTC')::date))) r;

    RETURN QUERY
    SELECT 'monthly_sums_equal_projects', r.* FROM check_result(ARRAY(
        SELECT coalesce(m.forecast_month, p.forecast_month) || ' ' || coalesce(m.stage_bucket, p.stage_bucket)
        FROM mv_pipeline_forecast_monthly_12m_v1 m
        FULL JOIN (
            SELECT f.forecast_month, f.stage_bucket, count(*) AS project_count,
                   sum(f.contract_value) AS contract_value, sum(f.committed_value) AS committed_value,
                   sum(f.expected_value) AS expected_value, sum(f.best_case_value) AS best_case_value,
                   sum(f.worst_case_value) AS worst_case_value
            FROM pipeline_forecast_as_of(refreshed) f
            WHERE f.forecast_date >= pipeline_window_start((refreshed AT TIME ZONE 'UTC')::date)
              AND f.forecast_date < pipeline_window_end((refreshed AT TIME ZONE 'UTC')::date)
            GROUP BY f.forecast_month, f.stage_bucket
        ) p ON p.forecast_month = m.forecast_month AND p.stage_bucket = m.stage_bucket
        WHERE (m.project_count, m.contract_value, m.committed_value, m.expected_value, m.best_case_value,
               m.worst_case_value)
            IS DISTINCT FROM
              (p.project_count, p.contract_value, p.committed_value, p.expected_value, p.best_case_value,
               p.worst_case_value))) r;

    RETURN QUERY
    SELECT 'latest_snapshot_is_fresh', r.* FROM check_result(ARRAY(
        SELECT s.detail FROM check_snapshot() s WHERE s.state <> 'ok')) r;

    RETURN QUERY
    SELECT 'snapshot_without_duplicates', r.* FROM check_result(ARRAY(
        SELECT s.snapshot_date || ' ' || s.project_id
        FROM pipeline_forecast_snapshot s
        GROUP BY s.snapshot_date, s.project_id
        HAVING count(*) > 1)) r;

    RETURN QUERY
    SELECT 'history_without_gaps_or_overlaps', r.* FROM check_result(ARRAY(
        SELECT 'project ' || h.project_id
        FROM (SELECT p.project_id, p.valid_to,
                     lead(p.valid_from) OVER (PARTITION BY p.project_id ORDER BY p.valid_from) AS next_from
              FROM project_history p) h
        WHERE h.valid_to IS DISTINCT FROM h.next_from
        UNION ALL
        -- An analysis may end without a next one, but never overlap it.
        SELECT 'analysis of ' || h.project_id
        FROM (SELECT a.project_id, a.valid_to,
                     lead(a.valid_from) OVER (PARTITION BY a.project_id ORDER BY a.valid_from) AS next_from
              FROM analysis_history a) h
        WHERE h.next_from IS NOT NULL AND (h.valid_to IS NULL OR h.valid_to > h.next_from))) r;

    RETURN QUERY
    SELECT 'history_is_current', r.* FROM check_result(ARRAY(
        SELECT coalesce(v.project_id, h.project_id)
        FROM vw_pipeline_forecast_project_v1 v
        FULL JOIN pipeline_forecast_as_of(clock_timestamp()) h ON h.project_id = v.project_id
        WHERE v IS DISTINCT FROM h)) r;

    RETURN QUERY
    SELECT 'analysis_digest_is_current', r.* FROM check_result(ARRAY(
        SELECT 'pipeline_setup() adds what is missing' WHERE missing_from_digest() IS NOT NULL)) r;

    RETURN QUERY
    SELECT 'project_dimension_is_current', r.* FROM check_result(ARRAY(
        SELECT missing_from_dimension()
        UNION ALL
        SELECT d.project_id FROM project_dimension d
        WHERE d.state <> 'deleted' AND NOT EXISTS (
            SELECT FROM projects p WHERE p.monday_id = d.project_id))) r;

    -- A notice: such a stage is forecast by the rule (any other), which may be what is wanted.
    RETURN QUERY
    SELECT 'notice_stages_without_rule', 0::bigint, true, r.sample FROM check_result(ARRAY(
        SELECT format('"%s" (%s projects)', p.pipeline_stage, count(*))
        FROM projects p
        WHERE p.state = 'active' AND p.pipeline_stage IS NOT NULL AND p.stage_rule = '(any other)'
          AND p.pipeline_stage <> '(any other)'
        GROUP BY p.pipeline_stage)) r;
END;
$$;
COMMENT ON FUNCTION pipeline.validate_pipeline_forecast() IS
    'Checks that stages, values, months, snapshots, history, digest and dimension agree; one row per check with the number of violations and some of them. Error 42P01 where a relation is missing.';
