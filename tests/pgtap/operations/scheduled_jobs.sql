-- Jobs that pg_cron enqueues for the poller, what catches up on them, and the views that show how syncs are doing.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(36);
\ir ../include/failure.sql
\ir ../include/monday.sql

-- Every job has its time and its command.
SELECT unschedule_pipeline_jobs() \g /dev/null
SELECT bag_eq('SELECT job_name, schedule FROM schedule_pipeline_jobs()', $$ VALUES
    ('rehydrate_delta', '0 * * * *'), ('rehydrate_recent', '0 */6 * * *'), ('monday_sync', '*/5 * * * *'), ('llm_backfill', '15 2 * * *'), ('reconcile', '30 1 * * *'),
    ('refresh_conversion_views', '*/30 * * * *'), ('forecast_snapshot_maintenance', '10 3 * * *'), ('cleanup', '40 3 * * *'),
    ('analysis_catch_up', '7-59/10 * * * *'), ('snapshot_catch_up', '5-59/10 * * * *'), ('outlook', '9-59/10 * * * *'),
    ('job_catch_up', '3-59/10 * * * *') $$, 'all jobs are installed');
SELECT is((SELECT command FROM cron.job WHERE jobname = 'reconcile'), 'SELECT pipeline.enqueue_scheduled_job(''reconcile'')', 'jobs of the poller are enqueued');

-- What the commands do.
CREATE FUNCTION pg_temp.queued() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', job_type, project_id), ', ' ORDER BY job_type) FROM job_queue WHERE status = 'queued'
$$;
UPDATE monday_board SET is_active = false;
SELECT is((SELECT count(enqueue_scheduled_job(job)) FROM unnest(poller_jobs()) job), 0::bigint, 'without a board nothing is enqueued');
SELECT is((SELECT count(*) FROM pipeline_job WHERE enqueued_at IS NOT NULL), 0::bigint, 'and nothing counts as enqueued');
UPDATE monday_board SET is_active = true;
SELECT is((SELECT count(enqueue_scheduled_job(job)) FROM unnest(poller_jobs()) job), 5::bigint, 'each command enqueues its job');
SELECT is(pg_temp.queued(), 'llm_backfill, monday_sync, reconcile, rehydrate_delta, rehydrate_recent', 'one of each');
SELECT is((SELECT count(enqueue_scheduled_job(job)) FROM unnest(poller_jobs()) job), 4::bigint, 'again, but for monday_sync');
SELECT is((SELECT count(*) FROM job_queue), 5::bigint, 'a job that still waits is joined');
UPDATE pipeline_job SET enqueued_at = now() - interval '20 minutes' WHERE job_name = 'monday_sync';
SELECT is(enqueue_scheduled_job('monday_sync'), NULL, 'after 20 minutes monday_sync is not due');
UPDATE pipeline_job SET enqueued_at = now() - interval '24 minutes 58 seconds' WHERE job_name = 'monday_sync';
SELECT isnt(enqueue_scheduled_job('monday_sync'), NULL, 'after 25 minutes it is, though pg_cron be a little early');
SELECT is((SELECT enqueued_at FROM pipeline_job WHERE job_name = 'monday_sync'), now(), 'from when the next 25 count');
DELETE FROM pipeline_job WHERE job_name = 'monday_sync';
SELECT isnt(enqueue_scheduled_job('monday_sync'), NULL, 'without a schedule it is enqueued at every call');
SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ('SELECT enqueue_scheduled_job(''cleanup'')', '22023: unknown scheduled job "cleanup"; Scheduled jobs of the poller are rehydrate_delta, rehydrate_recent, monday_sync, llm_backfill, reconcile.'),
    ('SELECT enqueue_scheduled_job(NULL)', '22004: unknown scheduled job "NULL"; Scheduled jobs of the poller are rehydrate_delta, rehydrate_recent, monday_sync, llm_backfill, reconcile.')
) AS t (statement, expected);

-- What was missed is caught up on, once.
DELETE FROM job_queue;
SELECT schedule_pipeline_jobs() \g /dev/null
UPDATE pipeline_job SET enqueued_at = NULL, installed_at = now();
SELECT is(catch_up_scheduled_jobs(), 0, 'nothing was missed');
UPDATE pipeline_job SET installed_at = now() - interval '3 days' WHERE job_name IN ('reconcile', 'llm_backfill', 'cleanup');
UPDATE cron.job SET active = false WHERE jobname = 'llm_backfill';
SELECT is((SELECT string_agg(job_name, ' ' ORDER BY job_name) FROM pipeline_schedule WHERE overdue), 'cleanup llm_backfill reconcile', 'the server was down');
SELECT is(catch_up_scheduled_jobs(), 1, 'a job that was missed is enqueued');
SELECT is(pg_temp.queued(), 'reconcile', 'a paused one and one that is not the poller''s are not');
SELECT is(catch_up_scheduled_jobs(), 0, 'it is enqueued once');
SELECT is((SELECT overdue FROM pipeline_schedule WHERE job_name = 'reconcile'), false, 'and is not overdue any more');
INSERT INTO sync_log (sync_type, seen_at) VALUES ('reconcile', now() - interval '1 hour');
SELECT catch_up_scheduled_jobs() \g /dev/null
SELECT is((SELECT status FROM sync_log), 'failed', 'a run whose worker is gone has failed');
DELETE FROM sync_log;

-- What failed for good is tried again, seven times at most.
INSERT INTO projects (monday_id, item_name) SELECT 'p' || n, 'P' FROM generate_series(1, 6) n;
UPDATE projects SET state = 'deleted' WHERE monday_id = 'p6';
DELETE FROM job_queue;
INSERT INTO job_queue (job_type, project_id, status, finished_at, payload) VALUES
    ('analyze', 'p1', 'failed', now() - interval '61 minutes', '{}'),
    ('analyze', 'p2', 'failed', now() - interval '59 minutes', '{}'),
    ('rehydrate_and_analyze', 'p3', 'failed', now() - interval '25 hours', '{"trigger": "x", "retries": 6}'),
    ('analyze', 'p4', 'failed', now() - interval '25 hours', '{"retries": 7}'),
    ('analyze', 'p5', 'failed', now() - interval '23 hours', '{"retries": 1}'),
    ('analyze', 'p6', 'failed', now() - interval '2 hours', '{}'),
    ('push_to_monday', 'p1', 'failed', now() - interval '2 hours', '{}'),
    ('analyze', NULL, 'failed', now() - interval '2 hours', '{}'),
    ('analyze', 'q', 'completed', now() - interval '1 hour', '{}');
SELECT is(retry_failed_jobs(), 3, 'those that had an hour, or a day, for their cause to go away');
SELECT bag_eq($$ SELECT job_type COLLATE "default", project_id COLLATE "default", payload FROM job_queue WHERE status = 'queued' $$,
    $$ VALUES ('analyze', 'p1', '{"retries": 1}'::jsonb), ('rehydrate_and_analyze', 'p3', '{"trigger": "x", "retries": 7}'), ('analyze', NULL, '{"retries": 1}') $$,
    'what syncs find by themselves is left to them, and what has no project any more');
SELECT is(retry_failed_jobs(), 0, 'once');
SELECT is((SELECT count(*) FROM job_queue_finished WHERE successor_id IS NOT NULL), 3::bigint, 'the failed job knows which one does its work');
DELETE FROM job_queue WHERE status = 'queued';
UPDATE job_queue_finished SET successor_id = NULL;
INSERT INTO job_queue (job_type, project_id, status, finished_at) VALUES ('analyze', 'p1', 'completed', now() - interval '10 minutes');
INSERT INTO job_queue (job_type) VALUES ('analyze');
SELECT is(retry_failed_jobs(), 1, 'what was done since, or waits to be done, is not tried again');
DELETE FROM job_queue;
DELETE FROM projects;

-- Health of the flows.
SELECT is_empty('TABLE sync_health', 'nothing ran yet');
INSERT INTO sync_log (sync_type, board_id, board_name, started_at, completed_at, status, error_message, items_processed, items_rejected, api_calls, complexity_used) VALUES
    ('rehydrate_delta', '1', 'Old name', now() - interval '3 days', now() - interval '3 days', 'completed', NULL, 1000, 10, 10, 10),
    ('rehydrate_delta', '1', 'Projects', now() - interval '4 hours', now() - interval '230 minutes', 'completed', NULL, 7, 2, 3, 100),
    ('rehydrate_delta', '1', 'Projects', now() - interval '3 hours', now() - interval '3 hours', 'failed', 'timeout', 0, 0, 1, 0),
    ('rehydrate_delta', '1', 'Projects', now() - interval '2 hours', now() - interval '119 minutes', 'failed', 'token revoked', 5, 1, 1, 50),
    ('rehydrate_delta', '2', 'Subitems', now() - interval '1 hour', now() - interval '1 hour', 'failed', 'x', 0, 0, 0, 0),
    ('reconcile', NULL, NULL, now() - interval '1 minute', NULL, 'running', NULL, 3, 0, 0, 0);
SELECT is((SELECT format('%s %s %s %s %s %s', board_name, last_run = now() - interval '2 hours', last_status, last_duration, success_age, last_success = now() - interval '230 minutes')
           FROM sync_health WHERE board_id = '1'), 'Projects t failed 00:01:00 03:50:00 t', 'the last run and the last success of a flow on a board');
SELECT is((SELECT format('%s %s', failures_since_success, last_error) FROM sync_health WHERE board_id = '1'), '2 token revoked', 'failures since then');
SELECT is((SELECT format('%s %s %s %s %s %s', runs, failures, items_processed, items_rejected, api_calls, complexity_used) FROM sync_health WHERE board_id = '1'), '3 2 12 3 5 150', 'counters of a day');
SELECT is((SELECT format('%s %s %s', last_success, success_age, failures_since_success) FROM sync_health WHERE board_id = '2'), '  1', 'a flow that never succeeded');
SELECT is((SELECT format('%s %s %s', last_status, running, last_duration) FROM sync_health WHERE sync_type = 'reconcile'), 'running 1 ', 'a flow that is under way');

-- Freshness of the boards.
SELECT results_eq('SELECT board_id COLLATE "default", role, table_name, row_count, last_sync, age, overdue FROM data_freshness ORDER BY 1',
    $$ VALUES ('1', 'parent', 'projects', 0::bigint, NULL::timestamptz, NULL::interval, true), ('2', 'subitem', 'subitems', 0, NULL, NULL, true), ('3', 'hidden', 'hidden_items', 0, NULL, NULL, true) $$,
    'boards that were never read are overdue');
SELECT ingest_monday_items('3', jsonb_build_array(pg_temp.item('3', '31', 'A', at => '2025-06-01'), pg_temp.item('3', '32', 'B', at => '2025-07-01', state => 'archived'))),
       advance_high_water_mark('3', now() - interval '90 minutes'), advance_high_water_mark('1', now() - interval '121 minutes') \g /dev/null
SELECT is((SELECT format('%s %s %s %s %s %s', row_count, active_count, newest_update AT TIME ZONE 'UTC', last_written = now(), age, overdue) FROM data_freshness WHERE board_id = '3'),
    '2 1 2025-07-01 00:00:00 t 01:30:00 f', 'rows, the newest change, and how long ago the board was read');
SELECT is((SELECT overdue FROM data_freshness WHERE board_id = '1'), true, 'after two hours a board is overdue');
UPDATE monday_board SET is_active = false WHERE board_id = '1';
SELECT is((SELECT count(*) FROM data_freshness), 2::bigint, 'a board that is not active is not missed');

SELECT * FROM finish();
ROLLBACK;
