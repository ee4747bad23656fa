-- Speed as part of the contract: filters on the project view reach the base tables, unused columns are not computed.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(20);

INSERT INTO projects (
    monday_id, item_name, account, pipeline_stage, new_enquiry_value, probability_percent, date_created,
    date_order_received, expected_start_date)
SELECT
    'project ' || n, 'Item ' || n, 'Account ' || n % 1000,
    CASE WHEN n % 500 = 0 THEN 'Won - Open (Order Received)' WHEN n % 3 = 0 THEN 'Lost' ELSE 'Open Enquiry' END,
    n, n % 101, date '2020-01-01' + n % 2000,
    CASE WHEN n % 500 = 0 THEN date '2020-06-01' + n % 2000 END, CASE WHEN n % 2 = 0 THEN date '2020-06-01' + n % 2000 END
FROM generate_series(1, 20000) AS n;
INSERT INTO analysis_results (project_id, expected_gestation_days, expected_conversion_rate, conversion_confidence)
SELECT 'project ' || n, n % 300, (n % 100) / 100.0, (n % 100) / 100.0 FROM generate_series(1, 20000, 2) AS n;
ANALYZE projects, analysis_results, pipeline_stage;

CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query;
END $$;

-- The scans and conditions of a plan on the tables of projects and their history, as one line.
CREATE FUNCTION pg_temp.scans_of(query text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(btrim(replace(line, '->', '')), '; ')
    FROM pg_temp.plan_of(query) AS line
    WHERE line ~ '(Scan|Cond).*(project|analysis_|stated_date)'
$$;

-- The functions of the extension that a plan computes.
CREATE FUNCTION pg_temp.computed_by(query text) RETURNS text[] LANGUAGE sql AS $$
    SELECT coalesce(array_agg(DISTINCT found[1] ORDER BY found[1]), '{}')
    FROM pg_temp.plan_of(query) AS line, regexp_matches(line, '(pipeline_\w+)\(', 'g') AS found
$$;

SELECT unalike(pg_temp.scans_of(query), '%Seq Scan on pipeline.projects%', format('%s: no scan of all projects', what))
FROM (VALUES
    ('one project by id', $$ SELECT * FROM vw_pipeline_forecast_project_v1 WHERE project_id = 'project 77' $$),
    ('an account', $$ SELECT * FROM vw_pipeline_forecast_project_v1 WHERE account = 'Account 77' $$),
    ('a rare bucket', $$ SELECT * FROM vw_pipeline_forecast_project_v1 WHERE stage_bucket = 'Committed' $$)
) AS t (what, query);

SELECT matches(pg_temp.scans_of($$ SELECT * FROM vw_pipeline_forecast_project_v1 WHERE project_id = 'project 77' $$),
               'Index Scan using projects_monday_id_key.*Index (Scan using analysis_results_pkey|Only Scan using analysis_results_forecast_idx)',
               'one project by id: both tables by their keys');
SELECT matches(pg_temp.scans_of($$ SELECT * FROM vw_pipeline_forecast_project_v1 WHERE account = 'Account 77' $$),
               'Index Scan on projects_account_idx', 'an account: by its index');
SELECT matches(pg_temp.scans_of($$ SELECT * FROM vw_pipeline_forecast_project_v1 WHERE stage_bucket = 'Committed' $$),
               'Index Scan (on|using) projects_stage', 'a rare bucket: by an index');

-- A text of any length has its place in the index.
UPDATE projects SET account = (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 320) n) WHERE monday_id = 'project 77';
SELECT matches(pg_temp.scans_of((SELECT format('SELECT * FROM vw_pipeline_forecast_project_v1 WHERE account = %L', account)
                                 FROM projects WHERE monday_id = 'project 77')),
               'Index Scan on projects_account_idx', 'an account of 10 kB: by its index');
SELECT is((SELECT project_id FROM vw_pipeline_forecast_project_v1 WHERE length(account) = 10240
           AND account = (SELECT account FROM projects WHERE monday_id = 'project 77')), 'project 77', 'where it is found');
REFRESH MATERIALIZED VIEW conversion_metrics;
ANALYZE conversion_metrics;
SELECT matches((SELECT string_agg(line, ' ') FROM pg_temp.plan_of($$ SELECT * FROM conversion_metrics WHERE account = 'Account 77' $$) line),
               'conversion_metrics_account_idx', 'the metrics of an account: by their index');

-- Stated dates are a column with an index; only projects without one have to be computed.
SELECT matches(pg_temp.scans_of($$ SELECT * FROM vw_pipeline_forecast_project_v1
                                   WHERE forecast_date BETWEEN '2022-03-01' AND '2022-03-07' $$),
    'projects_stated_date_idx.*stated_date >= .2022-03-01.::date\).*stated_date <= .2022-03-07.::date',
    'a range of dates: both bounds reach the index of stated dates');
SELECT matches(pg_temp.scans_of($$ SELECT * FROM vw_pipeline_forecast_project_v1
                                   WHERE account = 'Account 77' AND forecast_date >= '2022-03-01' $$),
               'Index Scan on projects_account_idx.*Index Scan on projects_account_idx',
               'an account and a range of dates: both branches by the account');
-- Of 20,000 projects a scan may cost as little.
SET LOCAL enable_seqscan = off;
SELECT matches(pg_temp.scans_of($$ SELECT * FROM vw_pipeline_forecast_project_v1
                                   WHERE passes_filter(account, type, category, 'Account 77', NULL, NULL) $$),
               'Index Scan on projects_account_idx; Bitmap Index Scan on projects_account_idx',
               'an account whatever blanks are around it: by its index');
RESET enable_seqscan;
SELECT matches(pg_temp.scans_of($$ SELECT * FROM pipeline_forecast_as_of('2026-01-01 00:00+00') WHERE project_id = 'project 77' $$),
               'project_history_pkey.*analysis_history_pkey',
               'one project as of a moment: both histories by their keys');
SELECT unalike(pg_temp.scans_of($$ SELECT * FROM pipeline_forecast_as_of('2026-01-01 00:00+00') WHERE project_id = 'project 77' $$),
               '%Seq Scan%', 'one project as of a moment: no scan of all versions');

-- What a query does not use is not computed.
SELECT is(pg_temp.computed_by('SELECT count(*) FROM vw_pipeline_forecast_project_v1'), '{}', 'count(*) computes nothing');
SELECT is(pg_temp.computed_by('SELECT project_id FROM vw_pipeline_forecast_project_v1'), '{}',
          'project_id computes nothing');
SELECT is(pg_temp.computed_by('SELECT sum(expected_value) FROM vw_pipeline_forecast_project_v1'),
          '{pipeline_expected_value,pipeline_model_rate}', 'the sum of a column computes that column alone');
SELECT is(pg_temp.computed_by('SELECT forecast_month, worst_case_value FROM vw_pipeline_forecast_project_v1'),
          '{pipeline_forecast_date,pipeline_forecast_month,pipeline_model_rate,pipeline_worst_case_value}',
          'two columns compute those columns and the date they need');
SELECT is(pg_temp.computed_by('SELECT sum(expected_value) FROM pipeline_forecast_as_of(now())'),
          '{pipeline_expected_value,pipeline_model_rate}', 'so it is as of a moment');

-- A subquery in a branch of UNION ALL would keep it from being read by several processes.
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT matches((SELECT string_agg(line, ' ') FROM pg_temp.plan_of('SELECT sum(expected_value) FROM vw_pipeline_forecast_project_v1') line),
               'Gather.*Parallel Append.*Parallel Seq Scan on pipeline.projects', 'a sum over all projects is computed by several processes');

SELECT * FROM finish();
ROLLBACK;
