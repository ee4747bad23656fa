-- The documents that programs get over HTTP.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(40);

\ir ../include/failure.sql

-- known_stage_bucket() --------------------------------------------------------------------------------------------------

SELECT is(known_stage_bucket(label), expected, format('stage bucket of %L', label))
FROM (VALUES ('Open', 'Open'), (' open ', 'Open'), ('LOST', 'Lost'), ('committed', 'Committed'), ('', NULL), ('  ', NULL), (NULL, NULL))
    AS t (label, expected);
SELECT is(pg_temp.failure($$ SELECT known_stage_bucket('won') $$),
    '22023: unknown stage_bucket "won"; Name Committed, Open or Lost, in any case; leave it out for all.', 'another one is named with what is allowed');

-- forecast_pipeline_document() -------------------------------------------------------------------------------------

SELECT is(regexp_replace(forecast_pipeline_document()::text, ', "scope" : .*', '}'), json_build_object(
    'source', 'mv_pipeline_forecast_monthly_12m_v1', 'window_start', pipeline_forecast_month(pipeline_today()),
    'window_end_exclusive', pipeline_window_end(pipeline_today()), 'months_requested', 12, 'stage_bucket', NULL, 'row_count', 0,
    'totals', json_build_object('project_count', 0, 'contract_value', 0.00, 'committed_value', 0.00, 'expected_value', 0.00,
                                'best_case_value', 0.00, 'worst_case_value', 0.00),
    'rows', '[]'::json)::text, 'without projects: all keys, zeros with two decimals, no row');

INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, probability_percent, expected_start_date) VALUES
    ('a', 'A', 'Open Enquiry', 1000.05, 50, pipeline_today()),
    ('b', 'B', 'Open Enquiry', 99999999.99, 100, pipeline_today()),
    ('c', 'C', 'Won - Open (Order Received)', 0.10, NULL, pipeline_today()),
    ('d', 'D', 'Lost', 5, NULL, (pipeline_today() + interval '1 month')::date),
    ('e', 'E', 'Open Enquiry', 7, NULL, (pipeline_today() - interval '1 month')::date);
SELECT forecast_pipeline_version() AS version \gset before_
SELECT refresh_conversion_views(false) \g /dev/null
SELECT isnt(forecast_pipeline_version(), :'before_version', 'a refresh is a new version');
SELECT is(forecast_pipeline_version(), forecast_pipeline_version(), 'which stays until the next one');

SELECT is(forecast_pipeline_document()->>'row_count', '3', 'rows are those of months and buckets with projects');
SELECT is(forecast_pipeline_document()->'rows'->0->>'stage_bucket', 'Committed', 'by month, then bucket');
SELECT is(forecast_pipeline_document()->'rows'->1->>'stage_bucket', 'Open', 'the second of the month');
SELECT is(forecast_pipeline_document()->'rows'->2->>'stage_bucket', 'Lost', 'and the next month after that');
SELECT is((forecast_pipeline_document()->'rows'->1)::text, (
    SELECT json_build_object('forecast_month', forecast_month, 'stage_bucket', stage_bucket, 'project_count', project_count,
        'contract_value', contract_value, 'committed_value', committed_value, 'expected_value', expected_value,
        'best_case_value', best_case_value, 'worst_case_value', worst_case_value)::text
    FROM mv_pipeline_forecast_monthly_12m_v1 WHERE stage_bucket = 'Open'), 'a row holds the sums as they are');
SELECT matches(forecast_pipeline_document()::text, '"contract_value" : 100001000.04,', 'money is a number, exact, with two decimals');
SELECT matches(forecast_pipeline_document()::text, '"contract_value" : 0.10,', 'zeros at the end included');
SELECT is(forecast_pipeline_document()->'totals'->>'contract_value', '100001005.14', 'totals add the rows up');
SELECT is(forecast_pipeline_document()->'totals'->>'project_count', '4', 'projects too');

SELECT is(forecast_pipeline_document(stage_bucket => ' OPEN')->>'stage_bucket', 'Open', 'a bucket is answered as it is spelled');
SELECT is(forecast_pipeline_document(stage_bucket => ' OPEN')->>'row_count', '1', 'and leaves its rows');
SELECT is(forecast_pipeline_document(months => 1)->>'row_count', '2', 'one month');
SELECT is(forecast_pipeline_document(months => 1)->>'window_end_exclusive',
    (pipeline_forecast_month(pipeline_today()) + interval '1 month')::date::text, 'ends before the next');
SELECT is(forecast_pipeline_document(2, (pipeline_forecast_month(pipeline_today()) + interval '1 month' + interval '20 days')::date)->>'window_start',
    (pipeline_forecast_month(pipeline_today()) + interval '1 month')::date::text, 'the day of as_of_month does not matter');
SELECT is(forecast_pipeline_document(12, '1990-01-01')->>'row_count', '0', 'a window in the past is empty');
SELECT is(forecast_pipeline_document(12, (pipeline_today() - interval '6 months')::date)->>'row_count', '3', 'one that reaches in has the months there are');
SELECT is(pg_temp.failure('SELECT forecast_pipeline_document(13)'), '22023: months must be between 1 and 12, not 13; Leave it out for 12.', 'too many months');
SELECT is(pg_temp.failure('SELECT forecast_pipeline_document(0)'), '22023: months must be between 1 and 12, not 0; Leave it out for 12.', 'too few');

-- forecast_snapshot_selection() and forecast_snapshot_page() -------------------------------------------------------

SELECT is(forecast_snapshot_selection()::text, '(,,0)', 'without snapshots there is no day');
SELECT create_pipeline_forecast_snapshot() \g /dev/null
SELECT is(forecast_snapshot_selection()::text, format('(%s,,%s)', pipeline_today(), (SELECT count(*) FROM pipeline_forecast_snapshot)), 'a whole day has the rows that were counted when it was taken');
SELECT is(forecast_snapshot_selection(NULL, NULL, ' open')::text, format('(%s,Open,2)', pipeline_today()), 'the latest day, a bucket, its rows');
SELECT is(forecast_snapshot_selection('2001-01-01')::text, '(2001-01-01,,0)', 'a day without a snapshot has no rows');
INSERT INTO pipeline_forecast_snapshot_day (snapshot_date, source, row_count) VALUES (pipeline_today() + 1, 'live', 0);
SELECT is(forecast_snapshot_selection()::text, format('(%s,,0)', pipeline_today() + 1), 'a later day without rows is a day');

SELECT results_eq(
    $$ SELECT project_id COLLATE "default" FROM forecast_snapshot_page(pipeline_today()) $$,
    $$ VALUES ('a'), ('b'), ('c'), ('d') $$, 'by month and project');
SELECT results_eq(
    $$ SELECT project_id COLLATE "default" FROM forecast_snapshot_page(pipeline_today(), skip => 1, row_limit => 2) $$,
    $$ VALUES ('b'), ('c') $$, 'a page by number');
SELECT results_eq(
    $$ SELECT project_id COLLATE "default" FROM forecast_snapshot_page(pipeline_today(), after_month => pipeline_forecast_month(pipeline_today()), after_project => 'b') $$,
    $$ VALUES ('c'), ('d') $$, 'a page after a row');
SELECT results_eq(
    $$ SELECT project_id COLLATE "default" FROM forecast_snapshot_page(pipeline_today(), 'b', 'OPEN') $$,
    $$ VALUES ('b') $$, 'one project in one bucket');
SELECT is(pg_temp.failure('SELECT forecast_snapshot_page(pipeline_today(), skip => -1)'),
    '22023: skip must be 0 or more, not -1; Leave it out to begin with the first row.', 'skip is not negative');
SELECT is(pg_temp.failure('SELECT forecast_snapshot_page(pipeline_today(), row_limit => NULL)'),
    '22023: row_limit must be 0 or more, not NULL; Leave it out for 1000 rows.', 'row_limit is known');

SELECT * FROM finish();
ROLLBACK;
