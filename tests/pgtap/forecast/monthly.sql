-- The monthly aggregate: its window, its sums, the view over it, and its refresh.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(34);

CREATE FUNCTION pg_temp.month(offset_months integer) RETURNS date LANGUAGE sql STABLE
AS $$ SELECT (pipeline_forecast_month(pipeline_today()) + make_interval(months => offset_months))::date $$;

INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, follow_up_date) VALUES
    ('last day before', 'P', 'Open Enquiry', 1000, pg_temp.month(0) - 1),
    ('first day', 'P', 'Open Enquiry', 100, pg_temp.month(0)),
    ('last day', 'P', 'Won Via Other Ref', 200, pg_temp.month(12) - 1),
    ('first day after', 'P', 'Open Enquiry', 3000, pg_temp.month(12)),
    ('lost', 'P', 'Lost', 400, pg_temp.month(3)),
    ('cent 1', 'P', NULL, 0.01, pg_temp.month(5)),
    ('cent 2', 'P', NULL, 0.01, pg_temp.month(5) + 1),
    ('cent 3', 'P', NULL, 0.01, pg_temp.month(6) - 1),
    ('undated', 'P', 'Customer Has Order', 10, NULL);
INSERT INTO projects (monday_id, item_name, new_enquiry_value, follow_up_date, state)
VALUES ('gone', 'P', 1000, pg_temp.month(0), 'deleted');

SELECT bag_eq($$ SELECT view_name, outcome FROM refresh_conversion_views() $$,
    $$ VALUES ('mv_pipeline_forecast_monthly_12m_v1', 'refreshed'), ('conversion_metrics', 'refreshed'),
              ('conversion_metrics_recent', 'refreshed') $$, 'a refresh names each view with its outcome');

SELECT results_eq(
    $$ SELECT forecast_month, stage_bucket, project_count, contract_value, committed_value, expected_value,
              best_case_value, worst_case_value
       FROM mv_pipeline_forecast_monthly_12m_v1 ORDER BY 1, 2 $$,
    $$ VALUES
        (pg_temp.month(0), 'Open', 2::bigint, 110.00, 0.00, 5.00, 31.20, 3.80),
        (pg_temp.month(3), 'Lost', 1, 400, 0, 0, 0, 0),
        (pg_temp.month(5), 'Open', 3, 0.03, 0, 0.03, 0.03, 0),
        (pg_temp.month(11), 'Committed', 1, 200, 200, 200, 200, 200) $$,
    'twelve months from the current one on; Lost is in; sums are of rounded project values');
SELECT results_eq(
    $$ SELECT attname::text COLLATE "default", format_type(atttypid, atttypmod) FROM pg_attribute
       WHERE attrelid = 'mv_pipeline_forecast_monthly_12m_v1'::regclass AND attnum > 0 ORDER BY attnum $$,
    $$ VALUES ('forecast_month', 'date'), ('stage_bucket', 'text'), ('project_count', 'bigint'),
              ('contract_value', 'numeric(24,2)'), ('committed_value', 'numeric(24,2)'),
              ('expected_value', 'numeric(24,2)'), ('best_case_value', 'numeric(24,2)'),
              ('worst_case_value', 'numeric(24,2)'), ('refreshed_at', 'timestamp with time zone') $$,
    'the materialized view has the published columns');
SELECT index_is_unique('pipeline', name, name || '_key', format('%s has a unique index, for concurrent refresh', name))
FROM unnest(ARRAY['mv_pipeline_forecast_monthly_12m_v1', 'conversion_metrics', 'conversion_metrics_recent']) AS name;
SELECT is((SELECT array_agg(a.attname::text ORDER BY k.ord)
           FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k (attnum, ord), pg_attribute a
           WHERE i.indexrelid = 'mv_pipeline_forecast_monthly_12m_v1_key'::regclass
             AND a.attrelid = i.indrelid AND a.attnum = k.attnum),
          '{forecast_month,stage_bucket}', 'its key is month and bucket');

-- The view over it.
SELECT is((SELECT count(*) FROM vw_pipeline_forecast_monthly_12m_v1), 36::bigint, 'the plain view has 12 months of 3 buckets');
SELECT set_eq('SELECT DISTINCT forecast_month FROM vw_pipeline_forecast_monthly_12m_v1',
              'SELECT pg_temp.month(n) FROM generate_series(0, 11) n', 'its months are the twelve from now on');
SELECT is((SELECT format('%s %s %s %s', project_count, contract_value, expected_value, worst_case_value)
           FROM vw_pipeline_forecast_monthly_12m_v1 WHERE forecast_month = pg_temp.month(7) AND stage_bucket = 'Open'),
          '0 0.00 0.00 0.00', 'a month without projects is zero');
SELECT is_empty(
    $$ SELECT forecast_month, stage_bucket, project_count, contract_value, expected_value, refreshed_at AT TIME ZONE 'UTC'
       FROM vw_pipeline_forecast_monthly_12m_v1 WHERE project_count > 0
       EXCEPT
       SELECT forecast_month, stage_bucket, project_count, contract_value, expected_value, refreshed_at
       FROM mv_pipeline_forecast_monthly_12m_v1 $$, 'the plain view shows the materialized rows');
SELECT is((SELECT count(DISTINCT refreshed_at) FROM vw_pipeline_forecast_monthly_12m_v1 WHERE refreshed_at IS NOT NULL),
          1::bigint, 'every row carries the moment of the refresh');
SELECT cmp_ok((SELECT max(refreshed_at) AT TIME ZONE 'UTC' FROM vw_pipeline_forecast_monthly_12m_v1), '>=', now(),
              'the moment of the refresh is the refresh''s own');

-- What changed since shows only after a refresh, concurrent or not, and a month that emptied goes.
UPDATE projects SET follow_up_date = pg_temp.month(4) WHERE monday_id = 'lost';
SELECT is((SELECT project_count FROM mv_pipeline_forecast_monthly_12m_v1 WHERE stage_bucket = 'Lost' AND forecast_month = pg_temp.month(3)),
          1::bigint, 'the aggregate stands still until a refresh');
SELECT bag_eq('SELECT was_concurrent, outcome FROM refresh_conversion_views(concurrently => true)',
    $$ VALUES (true, 'refreshed'), (true, 'refreshed'), (true, 'refreshed') $$, 'a concurrent refresh');
SELECT is((SELECT forecast_month FROM mv_pipeline_forecast_monthly_12m_v1 WHERE stage_bucket = 'Lost'), pg_temp.month(4),
          'a concurrent refresh moves a project');
UPDATE projects SET follow_up_date = pg_temp.month(2) WHERE monday_id = 'lost';
SELECT bag_eq('SELECT was_concurrent, outcome FROM refresh_conversion_views(concurrently => false)',
    $$ VALUES (false, 'refreshed'), (false, 'refreshed'), (false, 'refreshed') $$, 'a plain refresh');
SELECT is((SELECT forecast_month FROM mv_pipeline_forecast_monthly_12m_v1 WHERE stage_bucket = 'Lost'), pg_temp.month(2),
          'a plain refresh moves a project');
SELECT is((SELECT bool_and(was_concurrent) FROM refresh_conversion_views(NULL)), true, 'NULL means the default');
SELECT bag_eq('SELECT view_name, outcome FROM refresh_analytics_views(false)',
    $$ VALUES ('mv_pipeline_forecast_monthly_12m_v1', 'refreshed'), ('conversion_metrics', 'refreshed'),
              ('conversion_metrics_recent', 'refreshed') $$, 'the older name does the same');

-- Every refresh leaves a record.
DELETE FROM refresh_log;
SELECT refresh_conversion_views() \g /dev/null
SELECT bag_eq('SELECT view_name, row_count, was_concurrent, outcome, message FROM refresh_log',
    $$ VALUES ('mv_pipeline_forecast_monthly_12m_v1', 4::bigint, true, 'refreshed', NULL::text),
              ('conversion_metrics', 0, true, 'refreshed', NULL), ('conversion_metrics_recent', 0, true, 'refreshed', NULL) $$,
    'refresh_log records rows, way and outcome of each view');
SELECT is((SELECT bool_and(started_at >= now() AND duration_ms >= 0) FROM refresh_log), true,
          'refresh_log records start and duration');

-- A view that holds no data yet cannot be refreshed concurrently.
REFRESH MATERIALIZED VIEW conversion_metrics WITH NO DATA;
SELECT is((SELECT format('%s %s', was_concurrent, outcome) FROM refresh_conversion_views(true)
           WHERE view_name = 'conversion_metrics'), 'f refreshed', 'an unpopulated view gets a plain refresh');
SELECT lives_ok('SELECT * FROM conversion_metrics', 'and is populated then');

-- An empty pipeline: the plain view still says when it was refreshed.
UPDATE projects SET state = 'archived';
SELECT refresh_conversion_views() \g /dev/null
SELECT is((SELECT count(*) FROM mv_pipeline_forecast_monthly_12m_v1), 0::bigint, 'no project, no row');
SELECT is((SELECT count(refreshed_at) FROM vw_pipeline_forecast_monthly_12m_v1 WHERE project_count = 0), 36::bigint,
          'an empty pipeline is 36 rows of zero with the moment of the refresh');
UPDATE projects SET state = 'active' WHERE monday_id <> 'gone';

-- One view fails: the others are refreshed, and the failure is recorded.
DROP MATERIALIZED VIEW conversion_metrics;
CREATE TABLE divisor (n integer);
CREATE MATERIALIZED VIEW conversion_metrics AS SELECT 1 / n AS n FROM divisor;
CREATE UNIQUE INDEX ON conversion_metrics (n);
INSERT INTO divisor VALUES (0);
DELETE FROM refresh_log;
SET LOCAL client_min_messages = error;
SELECT bag_eq('SELECT view_name, outcome FROM refresh_conversion_views()',
    $$ VALUES ('mv_pipeline_forecast_monthly_12m_v1', 'refreshed'), ('conversion_metrics', 'failed'),
              ('conversion_metrics_recent', 'refreshed') $$, 'one failing view does not keep the others from being refreshed');
SELECT is((SELECT message FROM refresh_log WHERE outcome = 'failed'), 'division by zero (SQLSTATE 22012)',
          'the reason of a failure is recorded');
SELECT is((SELECT count(*) FROM mv_pipeline_forecast_monthly_12m_v1), 4::bigint, 'the other views hold the new rows');
SELECT is((SELECT row_count FROM refresh_log WHERE outcome = 'failed'), NULL, 'a failed refresh has no row count');

-- One view is missing: it is skipped.
DROP MATERIALIZED VIEW conversion_metrics;
SELECT is((SELECT format('%s: %s', outcome, message) FROM refresh_conversion_views() WHERE view_name = 'conversion_metrics'),
          'skipped: materialized view "conversion_metrics" does not exist', 'a missing view is skipped');
SELECT is((SELECT count(*) FROM refresh_log WHERE outcome = 'skipped'), 1::bigint, 'skipping is recorded');
SELECT pipeline_setup() \g /dev/null
SELECT is((SELECT outcome FROM refresh_conversion_views() WHERE view_name = 'conversion_metrics'), 'refreshed',
          'pipeline_setup() puts it back');
SELECT throws_ok('CALL refresh_pipeline_views()', '2D000', 'invalid transaction termination',
                 'the job commits, so it refuses to run inside a transaction');

SELECT * FROM finish();
ROLLBACK;
