-- What validate_pipeline_forecast() checks: each a query for what is wrong, one text a row. $1 is the moment whose state the
-- monthly view shows; $2 and $3 are the transactions of which nobody knows whether it has read them.

CREATE FUNCTION pipeline_internal.is_doubtful(writer xid, doubtful_from xid8, doubtful_until xid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL RESTRICTED
-- A row knows the lower half of the number of its transaction. What this one has written itself is in no doubt.
RETURN writer IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid
    AND mod(mod(writer::text::bigint - doubtful_from::text::bigint, 4294967296) + 4294967296, 4294967296)
      < mod(mod(doubtful_until::text::bigint - doubtful_from::text::bigint, 4294967296) + 4294967296, 4294967296);
COMMENT ON FUNCTION pipeline_internal.is_doubtful(xid, xid8, xid) IS
    'Whether a row was written by another transaction from one on and before another, NULL where there is none.';

CREATE FUNCTION pipeline_internal.validation_checks() RETURNS TABLE(check_name text, query text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $checks$
    VALUES
    ('objects_are_in_place', $$
        SELECT o.object FROM setup_object o
        WHERE CASE WHEN o.object LIKE 'materialized view %' THEN to_regclass(substr(o.object, length('materialized view ') + 1)) IS NULL
              ELSE (object_address(o.object)).objid IS NULL END
        UNION ALL
        SELECT o.object || ' is off'
        FROM setup_object o JOIN pg_trigger t ON t.oid = (object_address(o.object)).objid
        WHERE o.object LIKE 'trigger %' AND t.tgenabled NOT IN ('O', 'A') $$),
    ('stage_bucket_known', $$
        SELECT v.project_id FROM vw_pipeline_forecast_project_v1 v
        WHERE v.stage_bucket IS NULL OR v.stage_bucket NOT IN (@list forecast/buckets.sql@) $$),
    ('stage_bucket_follows_rule', $$
        SELECT p.monday_id
        FROM projects p
        JOIN pipeline_stage any_other ON any_other.stage = '(any other)'
        LEFT JOIN pipeline_stage s ON s.stage = p.pipeline_stage
        WHERE p.state = 'active'
          AND (p.stage_rule, p.stage_bucket)
              <> (coalesce(s.stage, any_other.stage), coalesce(s.stage_bucket, any_other.stage_bucket)) $$),
    ('contract_value_follows_fallback', $$
        SELECT v.project_id FROM vw_pipeline_forecast_project_v1 v
        WHERE v.contract_value IS DISTINCT FROM
            coalesce(nullif(v.total_order_value, 0), nullif(v.new_enquiry_value, 0), 0) $$),
    ('probability_within_0_and_1', $$
        SELECT v.project_id FROM vw_pipeline_forecast_project_v1 v
        WHERE (v.probability BETWEEN 0 AND 1 AND v.worst_case_probability BETWEEN 0 AND 1
               AND v.best_case_probability BETWEEN 0 AND 1) IS NOT TRUE $$),
    ('project_values_in_order', $$
        SELECT v.project_id FROM vw_pipeline_forecast_project_v1 v
        WHERE (v.worst_case_value <= v.expected_value AND v.expected_value <= v.best_case_value) IS NOT TRUE $$),
    ('monthly_values_in_order', $$
        SELECT m.forecast_month || ' ' || m.stage_bucket FROM mv_pipeline_forecast_monthly_12m_v1 m
        WHERE (m.worst_case_value <= m.expected_value AND m.expected_value <= m.best_case_value) IS NOT TRUE $$),
    ('monthly_rows_within_12_months', $$
        SELECT m.forecast_month || ' ' || m.stage_bucket FROM mv_pipeline_forecast_monthly_12m_v1 m
        WHERE m.forecast_month < pipeline_window_start(($1 AT TIME ZONE 'UTC')::date)
           OR m.forecast_month >= pipeline_window_end(($1 AT TIME ZONE 'UTC')::date) $$),
    -- Against the moment of the refresh, not against what has changed since. A version is stamped before it is committed:
    -- where a writer was under way at the refresh, its months may show either state, and nothing is said of them.
    ('monthly_sums_equal_projects', $$
        WITH version AS (
            SELECT h.project_id, h.valid_from, h.valid_to, h.xmin AS writer FROM project_history h
            UNION ALL
            SELECT a.project_id, a.valid_from, a.valid_to, a.xmin FROM analysis_history a
        ), doubtful AS MATERIALIZED (
            SELECT DISTINCT v.project_id, state.moment
            FROM version v
            CROSS JOIN LATERAL (
                VALUES ($1), (v.valid_from - interval '1 microsecond'), (least(v.valid_to - interval '1 microsecond', $1))
            ) AS state (moment)
            WHERE v.valid_from <= $1
              AND (is_doubtful(v.writer, $2, $3)
                   -- Ended since by another transaction, so that the one that began it is not known any more.
                   OR $2 IS NOT NULL AND v.valid_to > $1 AND v.valid_from > $1 - interval '1 hour')
        ), doubtful_cell AS MATERIALIZED (
            SELECT DISTINCT f.forecast_month, f.stage_bucket
            FROM doubtful d
            CROSS JOIN LATERAL (
                SELECT a.forecast_month, a.stage_bucket FROM pipeline_forecast_as_of(d.moment) a WHERE a.project_id = d.project_id
            ) f
        )
        SELECT cell.forecast_month || ' ' || cell.stage_bucket
        FROM mv_pipeline_forecast_monthly_12m_v1 m
        FULL JOIN (
            SELECT f.forecast_month, f.stage_bucket, count(*) AS project_count,
                   sum(f.contract_value) AS contract_value, sum(f.committed_value) AS committed_value,
                   sum(f.expected_value) AS expected_value, sum(f.best_case_value) AS best_case_value,
                   sum(f.worst_case_value) AS worst_case_value
            FROM pipeline_forecast_as_of($1) f
            WHERE f.forecast_date >= pipeline_window_start(($1 AT TIME ZONE 'UTC')::date)
              AND f.forecast_date < pipeline_window_end(($1 AT TIME ZONE 'UTC')::date)
            GROUP BY f.forecast_month, f.stage_bucket
        ) p ON p.forecast_month = m.forecast_month AND p.stage_bucket = m.stage_bucket
        CROSS JOIN LATERAL (
            SELECT coalesce(m.forecast_month, p.forecast_month) AS forecast_month, coalesce(m.stage_bucket, p.stage_bucket) AS stage_bucket
        ) cell
        WHERE (m.project_count, m.contract_value, m.committed_value, m.expected_value, m.best_case_value, m.worst_case_value)
            IS DISTINCT FROM
              (p.project_count, p.contract_value, p.committed_value, p.expected_value, p.best_case_value, p.worst_case_value)
          AND NOT EXISTS (
              SELECT FROM doubtful_cell d WHERE d.forecast_month = cell.forecast_month AND d.stage_bucket = cell.stage_bucket)
          AND NOT EXISTS (
              SELECT FROM pipeline_stage_history s WHERE s.valid_from <= $1 AND is_doubtful(s.xmin, $2, $3)) $$),
    ('latest_snapshot_is_fresh', $$
        SELECT s.detail FROM check_snapshot() s WHERE s.state <> 'ok' $$),
    ('snapshot_without_duplicates', $$
        SELECT s.snapshot_date || ' ' || s.project_id
        FROM pipeline_forecast_snapshot s
        GROUP BY s.snapshot_date, s.project_id
        HAVING count(*) > 1 $$),
    ('snapshot_rows_as_recorded', $$
        SELECT format('%s has %s rows of %s', d.snapshot_date, coalesce(s.row_count, 0), d.row_count)
        FROM pipeline_forecast_snapshot_day d
        LEFT JOIN (
            SELECT s.snapshot_date, count(*) AS row_count FROM pipeline_forecast_snapshot s GROUP BY s.snapshot_date
        ) s ON s.snapshot_date = d.snapshot_date
        WHERE coalesce(s.row_count, 0) <> d.row_count $$),
    ('snapshot_values_in_order', $$
        SELECT s.snapshot_date || ' ' || s.project_id FROM pipeline_forecast_snapshot s
        WHERE s.worst_case_value > s.expected_value OR s.expected_value > s.best_case_value $$),
    ('snapshot_buckets_known', $$
        SELECT s.snapshot_date || ' ' || s.project_id FROM pipeline_forecast_snapshot s
        WHERE s.stage_bucket NOT IN (@list forecast/buckets.sql@) $$),
    ('history_without_gaps_or_overlaps', $$
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
        WHERE h.next_from IS NOT NULL AND (h.valid_to IS NULL OR h.valid_to > h.next_from)
        UNION ALL
        -- Nor a stage rule, which may come back after it was removed.
        SELECT 'stage ' || h.stage
        FROM (SELECT s.stage, s.valid_to, s.is_removed,
                     lead(s.valid_from) OVER (PARTITION BY s.stage ORDER BY s.valid_from) AS next_from
              FROM pipeline_stage_history s) h
        WHERE h.valid_to > h.next_from OR h.valid_to IS DISTINCT FROM h.next_from AND NOT h.is_removed $$),
    ('history_is_current', $$
        SELECT coalesce(v.project_id, h.project_id)
        FROM vw_pipeline_forecast_project_v1 v
        FULL JOIN pipeline_forecast_as_of(clock_timestamp()) h ON h.project_id = v.project_id
        WHERE v IS DISTINCT FROM h
        UNION ALL
        SELECT 'analysis of ' || coalesce(a.project_id, h.project_id)
        FROM analysis_results a
        FULL JOIN (SELECT * FROM analysis_history WHERE valid_to IS NULL) h ON h.project_id = a.project_id
        WHERE (a.project_id, @list history/analysis_columns.sql a@) IS DISTINCT FROM (h.project_id, @list history/analysis_columns.sql h@)
        UNION ALL
        SELECT 'stage ' || coalesce(s.stage, h.stage)
        FROM pipeline_stage s
        FULL JOIN (SELECT * FROM pipeline_stage_history WHERE valid_to IS NULL) h ON h.stage = s.stage
        WHERE (s.stage, s.stage_bucket, s.default_probability, s.default_spread, s.outcome)
            IS DISTINCT FROM (h.stage, h.stage_bucket, h.default_probability, h.default_spread, h.outcome) $$),
    ('nothing_from_the_future', $$
        SELECT f.what FROM (
            SELECT 'project ' || p.project_id AS what, p.valid_from FROM project_history p
            UNION ALL SELECT 'analysis of ' || a.project_id, a.valid_from FROM analysis_history a
            UNION ALL SELECT 'stage ' || s.stage, s.valid_from FROM pipeline_stage_history s
        ) f
        WHERE f.valid_from > clock_timestamp() + (health_thresholds()).clock_tolerance
        UNION ALL
        SELECT 'snapshot of ' || d.snapshot_date FROM pipeline_forecast_snapshot_day d WHERE d.snapshot_date > pipeline_today()
        UNION ALL
        SELECT DISTINCT 'rows of a snapshot of ' || s.snapshot_date FROM pipeline_forecast_snapshot s WHERE s.snapshot_date > pipeline_today() $$),
    ('analyses_have_projects', $$
        SELECT a.project_id FROM analysis_results a
        WHERE NOT EXISTS (SELECT FROM projects p WHERE p.monday_id = a.project_id) $$),
    ('analysis_digest_is_current', $$
        SELECT 'pipeline_setup() adds what is missing' WHERE missing_from_digest() IS NOT NULL $$),
    ('project_dimension_is_current', $$
        SELECT missing_from_dimension()
        UNION ALL
        SELECT d.project_id FROM project_dimension d
        WHERE d.state <> 'deleted' AND NOT EXISTS (
            SELECT FROM projects p WHERE p.monday_id = d.project_id) $$),
    -- Notices: such a stage is forecast by the rule (any other), and such policies do not reach reports, which may be what
    -- is wanted.
    ('notice_stages_without_rule', $$
        SELECT format('"%s" (%s projects)', p.pipeline_stage, count(*))
        FROM projects p
        WHERE p.state = 'active' AND p.pipeline_stage IS NOT NULL AND p.stage_rule = '(any other)'
          AND p.pipeline_stage <> '(any other)'
        GROUP BY p.pipeline_stage $$),
    ('notice_row_policies', $$
        SELECT 'policies on projects do not reach reports: docs/security.md'
        FROM pg_class c WHERE c.oid = 'projects'::regclass AND c.relrowsecurity $$)
$checks$;
COMMENT ON FUNCTION pipeline_internal.validation_checks() IS
    'The checks of validate_pipeline_forecast(), each with its query. Those whose names begin with notice_ are no violations.';
