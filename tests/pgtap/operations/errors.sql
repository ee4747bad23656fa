-- Bad input that no other file covers: each with its SQLSTATE, message and hint, and nothing half done.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(54);

\ir ../include/failure.sql

-- Values that no forecast can hold are refused where they are written, by insert and by update alike.
INSERT INTO projects (monday_id, item_name) VALUES ('stored', 'P');
CREATE TEMP TABLE refused (field text, value text, expected text);
INSERT INTO refused
SELECT field, value, format('22008: %s of project "%%s" is not a day between 1900-01-01 and 9999-12-31; Store NULL where the day is unknown.', field)
FROM unnest(ARRAY['date_created', 'date_order_received', 'expected_start_date', 'follow_up_date', 'first_date_designed',
                  'last_date_designed', 'first_date_invoiced', 'last_date_invoiced']) field,
     unnest(ARRAY['infinity', '-infinity', '1899-12-31', '10000-01-01']) value
WHERE field = 'date_created' OR value = 'infinity';
INSERT INTO refused
SELECT field, 'NaN', format('22023: %s of project "%%s" is not a number; Store NULL where the amount is unknown.', field)
FROM unnest(ARRAY['total_order_value', 'new_enquiry_value', 'project_value', 'weighted_pipeline', 'total_amount_invoiced']) field;
INSERT INTO refused
SELECT field, value, format('22003: %s of project "%%s" is not below 100,000,000,000,000; The forecast holds contract values of at most fourteen digits before the point.', field)
FROM unnest(ARRAY['total_order_value', 'new_enquiry_value']) field, unnest(ARRAY['100000000000000', '-100000000000000', '99999999999999.995']) value;
INSERT INTO refused
SELECT 'probability_percent', value, '22023: probability_percent of project "%s" is not between 0 and 100; Store NULL where nobody stated a probability.'
FROM unnest(ARRAY['101', '-1', '100.001', 'NaN']) value;
INSERT INTO refused
SELECT 'gestation_period', value, '22023: gestation_period of project "%s" is not between 0 and 500000 days; Store NULL where the duration is unknown.'
FROM unnest(ARRAY['-1', '500001']) value;

SELECT is(pg_temp.failure(format('INSERT INTO projects (monday_id, item_name, %I) VALUES (%L, %L, %L)', field, 'new', 'P', value)),
          format(expected, 'new'), format('%s %s is refused', field, value))
FROM refused;
SELECT is_empty(
    $$ SELECT field, value FROM refused
       WHERE pg_temp.failure(format('UPDATE projects SET %I = %L WHERE monday_id = %L', field, value, 'stored')) <> format(expected, 'stored') $$,
    'updates are refused in the same words');
SELECT is((SELECT count(*) FROM projects), 1::bigint, 'nothing was stored');
SELECT is((SELECT count(*) FROM project_history), 1::bigint, 'and nothing got into history');
SELECT lives_ok($$ UPDATE projects SET date_created = '1900-01-01', follow_up_date = '9999-12-31', total_order_value = 99999999999999.99,
                   new_enquiry_value = -99999999999999.99, probability_percent = 100, gestation_period = 500000 $$,
                'the last values before the limits are accepted');
SELECT is((SELECT format('%s %s', forecast_date, best_case_value) FROM vw_pipeline_forecast_project_v1), '9999-12-31 99999999999999.99',
          'and forecast');
SELECT throws_ok($$ UPDATE projects SET state = 'unknown' $$, '23514', NULL, 'an unknown state is refused');
SELECT throws_ok($$ INSERT INTO analysis_results (project_id, expected_conversion_rate) VALUES ('stored', 1.5) $$, '23514', NULL,
                 'a rate above 1 is refused');
SELECT throws_ok($$ INSERT INTO analysis_results (project_id, conversion_confidence) VALUES ('stored', 'NaN') $$, '23514', NULL,
                 'a confidence that is not a number is refused');

-- Stage rules.
SELECT is(pg_temp.failure($$ DELETE FROM pipeline_stage WHERE stage = '(any other)' $$),
          '23503: the stage rule "(any other)" cannot be removed; Change its bucket, probability or spread instead.',
          'the rule for every other stage stays');
SELECT is(pg_temp.failure($$ UPDATE pipeline_stage SET stage = 'renamed' WHERE stage = '(any other)' $$),
          '23503: the stage rule "(any other)" cannot be removed; Change its bucket, probability or spread instead.',
          'and keeps its name');
SELECT throws_ok($$ INSERT INTO pipeline_stage VALUES ('x', 'Maybe', 0.5, 0.1, 'open') $$, '23514', NULL, 'an unknown bucket is refused');
SELECT throws_ok($$ INSERT INTO pipeline_stage VALUES ('x', 'Open', 1.5, 0.1, 'open') $$, '23514', NULL, 'a probability above 1 is refused');
SELECT throws_ok($$ INSERT INTO pipeline_stage VALUES ('x', 'Open', 0.5, NULL, 'open') $$, '23514', NULL, 'an open stage needs a spread');
SELECT throws_ok($$ INSERT INTO pipeline_stage VALUES ('x', 'Open', 0.5, 0.1, 'maybe') $$, '23514', NULL, 'an unknown outcome is refused');

-- Unknown names.
SELECT is(pg_temp.failure('SELECT explain_forecast(''nobody'')'),
          'P0002: unknown project "nobody"; Name the monday_id of an active project; archived and deleted projects are not forecast.',
          'an unknown project has no explanation');
SELECT matches(pg_temp.failure('SELECT explain_forecast(NULL)'), '^P0002: unknown project "NULL"', 'nor has none at all');
SELECT is(pg_temp.failure('SELECT pipeline_setting(''nothing'')'),
          '42704: unrecognized setting "nothing"; SELECT * FROM pipeline.pipeline_settings shows all there are.',
          'an unknown setting');
SELECT is(pipeline_setting('snapshot_retention_days'), '730', 'a known one');
SELECT is(pg_temp.failure('SELECT grant_forecast_reader(''nobody'')'),
          '42704: role "nobody" does not exist; Create it first: CREATE ROLE ... LOGIN PASSWORD ...', 'an unknown role');
SELECT is(pg_temp.failure('SELECT grant_pipeline_poller(NULL)'),
          '42704: role "NULL" does not exist; Create it first: CREATE ROLE ... LOGIN PASSWORD ...', 'no role');

-- Functions of triggers and aggregates are not for calling.
SELECT throws_ok('SELECT check_project_row()', '39P01', 'function is the row trigger of projects', 'a trigger function is no function to call');

-- Tables of another layout: everything that works on them refuses, before anything is done.
CREATE TEMP TABLE calls AS
SELECT unnest(ARRAY[
    'create_pipeline_forecast_snapshot()', 'cleanup_old_pipeline_forecast_snapshots()', 'run_daily_forecast_snapshot_maintenance()',
    'refresh_conversion_views()', 'refresh_analytics_views()', 'validate_pipeline_forecast()', 'catch_up_forecast_snapshots()',
    'schedule_pipeline_jobs()', 'unschedule_pipeline_jobs()', 'import_projects(''projects'', ''{}'')',
    'grant_forecast_reader(''pg_monitor'')', 'grant_pipeline_poller(''pg_monitor'')', 'schedule_rows()',
    'forecast_backtest()', 'forecast_backtest_recommendations()', 'forecast_backtest_report()', 'forecast_waterfall(pipeline_today(), pipeline_today())',
    'forecast_waterfall_projects(pipeline_today(), pipeline_today())', 'forecast_slippage()', 'stage_velocity()']) AS call;
SAVEPOINT good;
DELETE FROM pipeline_schema_version WHERE version = (SELECT max(version) FROM pipeline_schema_version);
SELECT is_empty(format(
    $$ SELECT call, pg_temp.failure('SELECT * FROM ' || call) FROM calls WHERE pg_temp.failure('SELECT * FROM ' || call) <>
       '55000: the pipeline tables have layout %s, and this version of the extension needs layout %s; Call pipeline_setup() to migrate them.' $$,
    layout_version() - 1, layout_version()), 'an older layout is refused by every function that needs the tables');
INSERT INTO pipeline_schema_version (version, step) VALUES (1000, 'from the future');
SELECT is(pg_temp.failure('SELECT pipeline_setup()'),
    format('55000: the pipeline tables have layout 1000, and this version of the extension needs layout %s; Install the newer extension and call ALTER EXTENSION pipeline_forecast UPDATE.', layout_version()),
    'pipeline_setup() does not touch a newer layout');
SELECT is_empty($$ SELECT call FROM calls WHERE pg_temp.failure('SELECT * FROM ' || call) NOT LIKE '55000: %needs layout%' $$,
                'a newer layout is refused too');
ROLLBACK TO good;
DROP TABLE pipeline_schema_version;
SELECT is_empty(format(
    $$ SELECT call, pg_temp.failure('SELECT * FROM ' || call) FROM calls WHERE pg_temp.failure('SELECT * FROM ' || call) <>
       '55000: pipeline_forecast is not set up in database "%s"; Call pipeline_setup() once to make its tables.' $$, current_database()),
    'without setup every function says so');
ROLLBACK TO good;
SELECT is_empty($$ SELECT call FROM calls WHERE pg_temp.failure('SELECT * FROM ' || call) LIKE '55000: %' $$,
                'with the right layout none of them complains');

SELECT * FROM finish();
ROLLBACK;
