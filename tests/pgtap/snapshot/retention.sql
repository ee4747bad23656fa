-- Retention of snapshots, and the daily job.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(46);

\ir ../include/failure.sql

-- Rows that came in without the snapshot function, from a restore for example.
CREATE FUNCTION pg_temp.insert_rows(day date, row_count integer) RETURNS void LANGUAGE sql AS $$
    SELECT snapshot_partition(day);
    INSERT INTO pipeline_forecast_snapshot (snapshot_date, project_id, forecast_month, stage_bucket, contract_value,
        probability, committed_value, expected_value, best_case_value, worst_case_value)
    SELECT day, 'project ' || n, pipeline_forecast_month(day), 'Open', 1, 0.5, 0, 0.5, 1, 0 FROM generate_series(1, row_count) n
$$;
CREATE FUNCTION pg_temp.days() RETURNS SETOF integer LANGUAGE sql AS
$$ SELECT DISTINCT pipeline_today() - snapshot_date FROM pipeline_forecast_snapshot $$;

-- The boundary: exactly retain_days old stays.
SELECT pg_temp.insert_rows(pipeline_today() - n, 2) FROM generate_series(8, 12) n \g /dev/null
SELECT is(cleanup_old_pipeline_forecast_snapshots(10), 4, 'the rows of the days beyond retain_days are counted');
SELECT bag_eq('SELECT * FROM pg_temp.days()', 'VALUES (8), (9), (10)', 'a snapshot exactly retain_days old stays');
SELECT is(cleanup_old_pipeline_forecast_snapshots(10), 0, 'a second call removes nothing');
SELECT is(cleanup_old_pipeline_forecast_snapshots(9), 2, 'one day less, one day more is removed');
SELECT is(cleanup_old_pipeline_forecast_snapshots(1), 4, 'retain_days 1 is allowed');

-- Whole months go with their partition: one taken by the function, one inserted, one mixed, one empty.
INSERT INTO projects (monday_id, item_name, new_enquiry_value, follow_up_date)
SELECT 'project ' || n, 'P', n, '2020-12-31' FROM generate_series(1, 5) n;
SELECT create_pipeline_forecast_snapshot('2020-01-10', true), create_pipeline_forecast_snapshot('2020-01-31', true) \g /dev/null
SELECT pg_temp.insert_rows('2020-02-10', 7) \g /dev/null
SELECT create_pipeline_forecast_snapshot('2020-03-10', true) \g /dev/null
SELECT pg_temp.insert_rows('2020-03-11', 3) \g /dev/null
SELECT create_pipeline_forecast_snapshot('2019-01-01', true) \g /dev/null
SELECT pg_temp.insert_rows(pipeline_today() - 1, 1) \g /dev/null
SELECT is((SELECT row_count FROM pipeline_forecast_snapshot_day WHERE snapshot_date = '2019-01-01'), 0::bigint, 'one month is empty');
SELECT is(count_snapshot_rows('pipeline_forecast_snapshot_y2020m01', '2020-01-01', '2020-02-01'), 10::bigint, 'rows taken by the function');
SELECT is(count_snapshot_rows('pipeline_forecast_snapshot_y2020m02', '2020-02-01', '2020-03-01'), 7::bigint, 'rows that came in another way');
SELECT is(count_snapshot_rows('pipeline_forecast_snapshot_y2020m03', '2020-03-01', '2020-04-01'), 8::bigint, 'rows of both kinds');
SELECT results_eq($$ SELECT partition::text, first_day, next_month FROM snapshot_partitions() WHERE first_day < '2020-03-01' $$,
    $$ VALUES ('pipeline_forecast_snapshot_y2019m01', date '2019-01-01', date '2019-02-01'),
              ('pipeline_forecast_snapshot_y2020m01', '2020-01-01', '2020-02-01'),
              ('pipeline_forecast_snapshot_y2020m02', '2020-02-01', '2020-03-01') $$, 'partitions know their months');
-- The 10th of March 2020 exactly retain_days ago: its month has to stay.
SELECT is(cleanup_old_pipeline_forecast_snapshots(pipeline_today() - date '2020-03-11'), 22, 'rows of dropped months and single days together');
SELECT hasnt_table('pipeline_data', name, name || ' is gone')
FROM unnest(ARRAY['pipeline_forecast_snapshot_y2019m01', 'pipeline_forecast_snapshot_y2020m01', 'pipeline_forecast_snapshot_y2020m02']) name;
SELECT has_table('pipeline_data', 'pipeline_forecast_snapshot_y2020m03', 'a month that holds a day to keep stays');
SELECT is((SELECT count(*) FROM pipeline_forecast_snapshot WHERE snapshot_date < '2020-04-01'), 3::bigint, 'with the rows to keep');
SELECT is_empty($$ SELECT FROM pipeline_forecast_snapshot_day WHERE snapshot_date < '2020-03-11' $$,
                'the list of days forgets what was removed');
SELECT lives_ok($$ SELECT create_pipeline_forecast_snapshot('2020-01-10', true) $$, 'a dropped month can be taken again');

SET LOCAL datestyle = 'SQL, DMY';
SELECT is(create_pipeline_forecast_snapshot('05/04/2020', true), 5, 'the way a session writes dates');
SELECT is((SELECT count(*) FROM pipeline_forecast_snapshot_y2020m04 WHERE snapshot_date = make_date(2020, 4, 5)), 5::bigint,
          'does not move a day');
SELECT is((SELECT max(first_day) FROM snapshot_partitions() WHERE first_day < make_date(2021, 1, 1)), make_date(2020, 4, 1), 'or a month');
SET LOCAL datestyle = 'ISO';
-- In Brazil the 4th of November 2018 had no midnight: counting days by midnights would lose the last of the month.
SELECT pg_temp.insert_rows('2018-11-30', 3) \g /dev/null
SET LOCAL timezone = 'America/Sao_Paulo';
SELECT is(count_snapshot_rows('pipeline_forecast_snapshot_y2018m11', '2018-11-01', '2018-12-01'), 3::bigint, 'no day is skipped in any time zone');
RESET timezone;
DROP TABLE pipeline_data.pipeline_forecast_snapshot_y2018m11;

-- A partition that somebody has detached.
SELECT pg_temp.insert_rows('2020-05-05', 2) \g /dev/null
ALTER TABLE pipeline_forecast_snapshot DETACH PARTITION pipeline_data.pipeline_forecast_snapshot_y2020m05;
SELECT is(create_pipeline_forecast_snapshot('2020-05-06', true), 5, 'is attached again for a day of its month');
SELECT is((SELECT count(*) FROM pipeline_forecast_snapshot WHERE snapshot_date BETWEEN '2020-05-01' AND '2020-05-31'), 7::bigint, 'with what it held');
DROP TABLE pipeline_data.pipeline_forecast_snapshot_y2020m05;
SELECT is(create_pipeline_forecast_snapshot('2020-05-06', true), 5, 'and made anew where it was dropped');
DROP TABLE pipeline_data.pipeline_forecast_snapshot_y2020m05;
DELETE FROM pipeline_forecast_snapshot_day WHERE snapshot_date = '2020-05-06';

-- The setting, and what is refused.
SELECT configure_pipeline('snapshot_retention_days', '36500') \g /dev/null
SELECT is(cleanup_old_pipeline_forecast_snapshots(), 0, 'without an argument the setting counts');
SELECT configure_pipeline('snapshot_retention_days', '30') \g /dev/null
SELECT is(cleanup_old_pipeline_forecast_snapshots(NULL), 13, 'and so it does with NULL');

-- A setting that shrank or was lost takes no more with it than the days that passed, and a week.
CREATE FUNCTION pg_temp.refusal() RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.failure('SELECT cleanup_old_pipeline_forecast_snapshots()') $$;
SELECT pg_temp.insert_rows(pipeline_today() - n, 1) FROM generate_series(31, 37) n \g /dev/null
SELECT is(cleanup_old_pipeline_forecast_snapshots(), 7, 'a week is removed');
SELECT pg_temp.insert_rows(pipeline_today() - n, 1) FROM generate_series(31, 38) n \g /dev/null
SELECT is(pg_temp.refusal(), '55000: refused to remove 8 days of forecast snapshots at once, since no more than 7 are due; '
    'To keep them: SELECT pipeline.configure_pipeline(''snapshot_retention_days'', ''3650''). To lose them: SELECT pipeline.cleanup_old_pipeline_forecast_snapshots(accept_losses => true).',
    'a day more is not');
SELECT is((SELECT count(*) FROM pg_temp.days() d WHERE d > 30), 8::bigint, 'and all are there');
SELECT results_eq($$ SELECT deleted FROM run_daily_forecast_snapshot_maintenance() $$, 'VALUES (0)', 'the daily job removes nothing');
SELECT isnt_empty('SELECT FROM pipeline_forecast_snapshot_day WHERE snapshot_date = pipeline_today()', 'and keeps its snapshot');
UPDATE snapshot_cleanup SET cleaned_at = cleaned_at - interval '1 day';
SELECT is(cleanup_old_pipeline_forecast_snapshots(), 8, 'a day later it is due');
SELECT results_eq('SELECT first_kept, removed_days, removed_rows, cleaned_by FROM snapshot_cleanup ORDER BY cleaned_at DESC LIMIT 1',
                  'SELECT pipeline_today() - 30, 8, 8::bigint, current_user::text COLLATE "default"', 'and it is on record');
UPDATE snapshot_cleanup SET cleaned_at = cleaned_at - interval '60 days';
SELECT pg_temp.insert_rows(pipeline_today() - n, 1) FROM generate_series(31, 98) n \g /dev/null
SELECT is(pg_temp.refusal(), '55000: refused to remove 68 days of forecast snapshots at once, since no more than 67 are due; '
    'To keep them: SELECT pipeline.configure_pipeline(''snapshot_retention_days'', ''3650''). To lose them: SELECT pipeline.cleanup_old_pipeline_forecast_snapshots(accept_losses => true).',
    'after a pause as many days are due as it lasted');
SELECT is(cleanup_old_pipeline_forecast_snapshots(accept_losses => true), 68, 'who says so may lose them');
TRUNCATE snapshot_cleanup;
SELECT pg_temp.insert_rows(pipeline_today() - n, 1) FROM generate_series(31, 38) n \g /dev/null
SELECT matches(pg_temp.refusal(), '^55000: refused to remove 8 days', 'the first cleanup takes no more than a week');
SELECT is(cleanup_old_pipeline_forecast_snapshots(30), 8, 'a number of days that is passed is meant');

SELECT is(pg_temp.failure(format('SELECT cleanup_old_pipeline_forecast_snapshots(%s)', days)),
    format('22023: retain_days must be at least 1, not %s; A snapshot exactly retain_days old is kept; leave the argument out to use the setting snapshot_retention_days.', days),
    format('retain_days %s is refused', days))
FROM unnest(ARRAY[0, -1]) days;
SELECT is(cleanup_old_pipeline_forecast_snapshots(2147483647), 0, 'an endless retention removes nothing');
SELECT throws_ok($$ SELECT configure_pipeline('snapshot_retention_days', '0') $$, '22023', NULL, 'the setting refuses 0');
SELECT is((SELECT default_value FROM pipeline_settings WHERE name = 'snapshot_retention_days'), '730', 'its default is 730 days');

-- The daily job.
UPDATE projects SET follow_up_date = pipeline_today();
SELECT pg_temp.insert_rows(pipeline_today() - 41, 2) \g /dev/null
SELECT results_eq('SELECT date, inserted, deleted, ms >= 0 FROM run_daily_forecast_snapshot_maintenance(retain_days => 40)',
                  'VALUES (pipeline_today(), 5, 2, true)', 'the daily job takes today''s snapshot and removes expired ones');
SELECT is((SELECT count(*) FROM pipeline_forecast_snapshot WHERE snapshot_date = pipeline_today()), 5::bigint, 'its snapshot is there');
SELECT throws_ok('SELECT * FROM run_daily_forecast_snapshot_maintenance(retain_days => 0)', '22023', NULL,
                 'the daily job refuses retain_days 0');

SELECT * FROM finish();
ROLLBACK;
