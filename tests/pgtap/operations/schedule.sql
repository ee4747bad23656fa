-- The clock: cron schedules, the jobs in pg_cron, and catching up on what was missed.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(54);

-- When a schedule runs next and ran last.
SELECT is(pipeline_cron_next(schedule, after::timestamptz), expected::timestamptz, format('next of %s after %s', schedule, after))
FROM (VALUES
    ('10 3 * * *', '2025-03-01 03:09:59+00', '2025-03-01 03:10+00'),
    ('10 3 * * *', '2025-03-01 03:10+00', '2025-03-02 03:10+00'),
    ('10 3 * * *', '2025-12-31 23:59+00', '2026-01-01 03:10+00'),
    ('*/30 * * * *', '2025-03-01 03:10+00', '2025-03-01 03:30+00'),
    ('5-59/10 * * * *', '2025-03-01 03:55:30+00', '2025-03-01 04:05+00'),
    ('0 0 29 2 *', '2025-03-01 00:00+00', '2028-02-29 00:00+00'),
    ('0 0 31 * *', '2025-02-01 00:00+00', '2025-03-31 00:00+00'),
    ('0 9 * * 1', '2025-03-01 00:00+00', '2025-03-03 09:00+00'),
    ('0 9 * * 7', '2025-03-01 00:00+00', '2025-03-02 09:00+00'),
    ('0 0 13 * 5', '2025-03-01 00:00+00', '2025-03-07 00:00+00'),
    ('15,45 8-10/2 * 1 *', '2025-03-01 00:00+00', '2026-01-01 08:15+00'),
    ('0 0 30 2 *', '2025-03-01 00:00+00', NULL)
) AS t (schedule, after, expected);
SELECT is(pipeline_cron_previous(schedule, moment::timestamptz), expected::timestamptz, format('previous of %s at %s', schedule, moment))
FROM (VALUES
    ('10 3 * * *', '2025-03-01 03:10+00', '2025-03-01 03:10+00'),
    ('10 3 * * *', '2025-03-01 03:09:59+00', '2025-02-28 03:10+00'),
    ('0 0 29 2 *', '2025-03-01 00:00+00', '2024-02-29 00:00+00'),
    ('*/30 * * * *', '1999-12-31 23:59:59+00', '1999-12-31 23:30+00')
) AS t (schedule, moment, expected);
SELECT throws_ok(format('SELECT pipeline_cron_next(%L, now())', schedule), '22023', format('invalid cron schedule "%s"', schedule),
                 format('schedule "%s" is refused', schedule))
FROM unnest(ARRAY['', '* * * *', '60 * * * *', '* 24 * * *', '*/0 * * * *', '5-1 * * * *']) schedule;
SELECT throws_ok($$ SELECT pipeline_cron_next('* * * * *', 'infinity') $$, '22008', 'moment must be finite', 'a moment is finite');

-- The jobs.
SELECT unschedule_pipeline_jobs() \g /dev/null
SELECT is_empty('TABLE pipeline_schedule', 'nothing is scheduled');
SELECT cron.schedule('cleanup', '0 5 1 1 *', 'SELECT 1') \g /dev/null
SELECT throws_ok('SELECT schedule_pipeline_jobs()', '42710',
                 format('pg_cron has a job "cleanup" of role "%s" that is not one of the pipeline', current_user), 'a job of somebody else is not replaced');
UPDATE cron.job SET command = 'DELETE FROM sales_pipeline.leads' WHERE jobname = 'cleanup';
SELECT throws_ok('SELECT schedule_pipeline_jobs()', '42710',
                 format('pg_cron has a job "cleanup" of role "%s" that is not one of the pipeline', current_user), 'whatever their schemas are called');
UPDATE cron.job SET command = 'SELECT 1', jobname = 'theirs', username = 'pg_monitor' WHERE jobname = 'cleanup';
SELECT bag_has('SELECT job_name, schedule, action FROM schedule_pipeline_jobs()',
    $$ VALUES ('refresh_conversion_views', '*/30 * * * *', 'installed'),
              ('forecast_snapshot_maintenance', '10 3 * * *', 'installed'),
              ('analysis_catch_up', '7-59/10 * * * *', 'installed'), ('snapshot_catch_up', '5-59/10 * * * *', 'installed'), ('cleanup', '40 3 * * *', 'installed') $$,
    'the jobs are installed at their times');
SELECT is_empty($$ SELECT FROM schedule_pipeline_jobs() WHERE action <> 'unchanged' $$, 'a second call changes nothing');
SELECT is((SELECT count(*) FROM cron.job WHERE jobname = 'forecast_snapshot_maintenance'), 1::bigint, 'a job stands in pg_cron once');
-- The same name by another role; the run is an old one.
UPDATE cron.job SET jobname = 'cleanup' WHERE jobname = 'theirs';
INSERT INTO cron.job_run_details (jobid, runid, status, end_time) SELECT jobid, -1, 'succeeded', now() - interval '1 year' FROM cron.job WHERE command = 'SELECT 1';
SELECT purge_cron_runs(now()) \g /dev/null
SELECT is((SELECT count(*) FROM cron.job_run_details WHERE runid = -1), 1::bigint, 'nor are the records of its runs removed');
SELECT is((SELECT count(*) FROM pipeline_schedule WHERE job_name = 'cleanup'), 1::bigint, 'nor does it stand for ours');
SELECT unschedule_pipeline_jobs() \g /dev/null
SELECT schedule_pipeline_jobs() \g /dev/null
SELECT is((SELECT count(*) FROM cron.job WHERE command = 'SELECT 1'), 1::bigint, 'nor is it removed with ours');
DELETE FROM cron.job WHERE command = 'SELECT 1';
SELECT is((SELECT command FROM cron.job WHERE jobname = 'refresh_conversion_views'), 'CALL pipeline.refresh_pipeline_views()',
          'a job names its schema');
SELECT keep_setting('snapshot_cron_hour_utc', '5'), keep_setting('snapshot_cron_minute_utc', '45') \g /dev/null
SELECT results_eq($$ SELECT job_name, schedule, action FROM schedule_pipeline_jobs() WHERE action <> 'unchanged' $$,
    $$ VALUES ('forecast_snapshot_maintenance', '45 5 * * *', 'updated') $$, 'changed settings reach the daily job');
SELECT is((SELECT schedule FROM cron.job WHERE jobname = 'forecast_snapshot_maintenance'), '45 5 * * *', 'in pg_cron');
SELECT throws_ok($$ SELECT configure_pipeline('snapshot_cron_hour_utc', '24') $$, '22023', NULL, 'there is no hour 24');

UPDATE cron.job SET active = false WHERE jobname = 'cleanup';
SELECT is((SELECT action FROM schedule_pipeline_jobs() WHERE job_name = 'cleanup'), 'unchanged', 'a paused job is left alone');
SELECT is((SELECT format('%s %s', active, next_run) FROM pipeline_schedule WHERE job_name = 'cleanup'), 'f ',
          'a paused job has no next run');
SELECT is((SELECT next_run FROM pipeline_schedule WHERE job_name = 'forecast_snapshot_maintenance'),
          pipeline_cron_next('45 5 * * *', now()), 'pipeline_schedule shows the next run');
SELECT is((SELECT bool_or(overdue) FROM pipeline_schedule), false, 'a job that was just installed is not overdue');
UPDATE pipeline_job SET installed_at = now() - interval '3 days' WHERE job_name = 'forecast_snapshot_maintenance';
SELECT is((SELECT array_agg(job_name) FROM pipeline_schedule WHERE overdue), '{forecast_snapshot_maintenance}',
          'a job that never ran is overdue after its time');
INSERT INTO cron.job_run_details (jobid, runid, status, return_message, start_time, end_time)
SELECT jobid, 1000000 + n, status, status, now() - (3 - n) * interval '1 minute', now()
FROM cron.job, (VALUES (1, 'succeeded'), (2, 'failed')) AS run (n, status) WHERE jobname = 'forecast_snapshot_maintenance';
SELECT is((SELECT format('%s %s %s', last_outcome, last_run = now() - interval '1 minute', overdue) FROM pipeline_schedule
           WHERE job_name = 'forecast_snapshot_maintenance'), 'failed t f', 'pipeline_schedule shows the last run with its outcome');
SELECT is(unschedule_pipeline_jobs(), (SELECT count(*)::integer FROM scheduled_jobs()), 'unscheduling removes the jobs, the paused one too');
SELECT is((SELECT count(*) FROM pipeline_schedule), 0::bigint, 'nothing is scheduled any more');
SELECT is(unschedule_pipeline_jobs(), 0, 'a second call finds nothing');

-- Catching up. The daily time is set to the first minute of the day, then to its last.
DELETE FROM pipeline_forecast_snapshot_day;
DELETE FROM pipeline_forecast_snapshot;
INSERT INTO projects (monday_id, item_name, new_enquiry_value) VALUES ('p', 'P', 100);
UPDATE project_history SET valid_from = now() - interval '200 days';
CREATE FUNCTION pg_temp.taken() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', pipeline_today() - snapshot_date, source, row_count), ', ' ORDER BY snapshot_date)
    FROM pipeline_forecast_snapshot_day
$$;
SELECT configure_pipeline('snapshot_cron_hour_utc', '23') \g /dev/null
SELECT configure_pipeline('snapshot_cron_minute_utc', '59') \g /dev/null
SELECT is(catch_up_forecast_snapshots(), 0, 'before the daily time nothing is missing');
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 4) \g /dev/null
SELECT is(catch_up_forecast_snapshots(), 3, 'missed days are taken from history');
SELECT is(pg_temp.taken(), '4 history 1, 3 history 1, 2 history 1, 1 history 1', 'each with its own day');
SELECT is(catch_up_forecast_snapshots(), 0, 'a second call finds nothing');
DELETE FROM pipeline_forecast_snapshot_day WHERE snapshot_date <> pipeline_today() - 4;
UPDATE pipeline_forecast_snapshot_day SET snapshot_date = pipeline_today() - 100;
SELECT is(catch_up_forecast_snapshots(), 31, 'after a long pause the last 31 days are taken');

SELECT configure_pipeline('snapshot_cron_hour_utc', '0') \g /dev/null
SELECT configure_pipeline('snapshot_cron_minute_utc', '0') \g /dev/null
-- In the first two minutes of a day its own run is not missing yet.
CREATE TEMP TABLE due AS SELECT (now() >= (pipeline_today()::timestamp AT TIME ZONE 'UTC') + interval '2 minutes')::integer AS today;
SELECT is(catch_up_forecast_snapshots(), (SELECT today FROM due), 'after the daily time today is taken');
SELECT is((SELECT count(*) FROM pipeline_forecast_snapshot_day WHERE snapshot_date = pipeline_today() AND source = 'live'),
          (SELECT today::bigint FROM due), 'from the present');
SELECT is(catch_up_forecast_snapshots(), 0, 'and once');
UPDATE pipeline_forecast_snapshot_day SET created_at = pipeline_today()::timestamp AT TIME ZONE 'UTC' - interval '1 minute'
WHERE snapshot_date = pipeline_today();
SELECT is(catch_up_forecast_snapshots(), (SELECT today FROM due), 'a snapshot from before the daily time does not stand for it');

SELECT * FROM finish();
ROLLBACK;
