-- Whether the pipeline is in order: each check in order and out of it, and that all who speak of it say the same.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(84);

CREATE FUNCTION pg_temp.check_of(name text) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s: %s', state, detail) FROM pipeline_checks() WHERE check_name = $1
$$;
CREATE FUNCTION pg_temp.since(name text) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT since FROM pipeline_checks() WHERE check_name = $1
$$;
SELECT unschedule_pipeline_jobs() \g /dev/null

SELECT results_eq('SELECT check_name, state FROM pipeline_checks()', $$ VALUES ('layout', 'ok'), ('writable', 'ok'), ('queue', 'ok'), ('waiting', 'ok'), ('boards', 'ok'),
    ('version', 'ok'), ('gates', 'ok'), ('webhooks', 'ok'), ('jobs', 'ok'), ('job_types', 'ok'), ('schedule', 'warn'), ('flows', 'ok'), ('refresh', 'warn'), ('snapshot', 'warn'),
    ('analyses', 'ok'), ('outlook', 'ok'), ('links', 'ok'), ('clock', 'ok') $$, 'nothing in an empty pipeline is bad');
SELECT results_eq('SELECT * FROM pipeline_readiness()', format($$ VALUES ('layout', true, 'layout %s', 'ok', NULL::timestamptz),
    ('writable', true, 'can be written', 'ok', NULL), ('queue', true, 'no job is due', 'ok', NULL), ('waiting', true, 'no work is put off, and none takes long', 'ok', NULL), ('boards', true, 'no board is configured', 'ok', NULL) $$,
    layout_version()), 'it takes requests');
SELECT is((SELECT provolatile FROM pg_proc WHERE oid = 'pipeline_checks'::regproc), 's', 'checks change nothing');

-- Version -------------------------------------------------------------------------------------------------------------

SAVEPOINT version;
UPDATE pg_extension SET extversion = '1.2.3' WHERE extname = 'pipeline_forecast';
SELECT is(pg_temp.check_of('version'), 'ok: extension 1.2.3', 'a session that is no poller');
SELECT set_config('pipeline_poller.version', '1.2.0', true) \g /dev/null
SELECT is(pg_temp.check_of('version'), 'ok: extension 1.2.3, poller 1.2.0', 'the last number may differ');
SELECT set_config('pipeline_poller.version', '1.3.3', true) \g /dev/null
SELECT alike(pg_temp.check_of('version'), 'warn: the extension of this database is 1.2.3, and the poller is 1.3.3: ALTER EXTENSION %', 'another version');
SELECT set_config('pipeline_poller.version', '1.20.3', true) \g /dev/null
SELECT alike(pg_temp.check_of('version'), 'warn: %', 'a number is compared as a whole');
ROLLBACK TO version;

-- Written -------------------------------------------------------------------------------------------------------------

SAVEPOINT writable;
SET LOCAL default_transaction_read_only = on;
SELECT is(pg_temp.check_of('writable'), 'bad: the database is read only (default_transaction_read_only)', 'a session that reads only');
SELECT is((SELECT ready FROM pipeline_readiness() WHERE check_name = 'writable'), false, 'takes no requests');
ROLLBACK TO writable;
SELECT format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()) \gexec
SELECT is(pg_temp.check_of('writable'), 'bad: the database is read only (default_transaction_read_only)', 'a database whose next session will read only');
SELECT format('ALTER ROLE %I IN DATABASE %I SET default_transaction_read_only = off', session_user, current_database()) \gexec
SELECT is(pg_temp.check_of('writable'), 'ok: can be written', 'where this role may write after all');
ROLLBACK TO writable;

-- The queue -----------------------------------------------------------------------------------------------------------

SELECT enqueue_job('analyze', 'a', run_at => now() + interval '1 hour') \g /dev/null
SELECT is(pg_temp.check_of('queue'), 'ok: no job is due', 'a job of the future is not late');
SELECT enqueue_job('rehydrate_full', 'b') \g /dev/null
SELECT is(pg_temp.check_of('queue'), 'ok: the oldest due job has waited for 0 s', 'neither is one that was just enqueued');
UPDATE job_queue_queued SET run_at = now() - interval '11 minutes' WHERE project_id = 'b';
SELECT is(pg_temp.check_of('queue'), 'ok: the oldest due job has waited for 0 s', 'nor one that should have been done before it was known');
UPDATE job_queue_queued SET created_at = now() - interval '11 minutes' WHERE project_id = 'b';
SELECT is(pg_temp.check_of('queue'), 'bad: the oldest due job has waited for 660 s', 'one that waits for longer than ten minutes is');
SELECT is(pg_temp.since('queue'), now() - interval '11 minutes', 'since when');
SELECT enqueue_job('analyze', 'c', priority => 1), enqueue_job('snapshot', priority => 7) \g /dev/null
SELECT is(pg_temp.check_of('queue'), 'bad: the oldest due job has waited for 660 s', 'whatever other types and priorities wait');
SELECT is((SELECT oldest_due_seconds FROM queue_health WHERE job_type IS NULL), 660.000, 'queue_health says the same');
SELECT ok((SELECT ready FROM pipeline_readiness(max_queue_lag => '12 minutes') WHERE check_name = 'queue'), 'or than is allowed');
SELECT is(pg_temp.check_of('gates'), 'ok: no provider asks to be left alone', 'all gates are open');
SELECT block_provider('monday', '1 hour', 'limit of a day') \g /dev/null
SELECT is(pg_temp.check_of('queue'), 'ok: the oldest due job has waited for 0 s', 'not while its provider is to be left alone');
SELECT matches(pg_temp.check_of('gates'), '^warn: monday until [-0-9]+ [:0-9]+ UTC: limit of a day$', 'which is said, with the reason');
UPDATE provider_gate SET blocked_until = now() - interval '1 second';
SELECT is(pg_temp.check_of('gates'), 'ok: no provider asks to be left alone', 'until the gate opens');

SELECT is(pg_temp.check_of('job_types'), 'ok: every job that is due has a type that pollers work', 'all types are known');
INSERT INTO job_queue (job_type, run_at, created_at) VALUES ('misspelt', now() - interval '2 days', now() - interval '2 days');
SELECT is(pg_temp.check_of('job_types'), 'warn: no poller works jobs of type ''misspelt''', 'a type that nobody works');
SELECT is(pg_temp.since('job_types'), now() - interval '2 days', 'since when it waits');
SELECT is(pg_temp.check_of('queue'), 'bad: the oldest due job has waited for 660 s', 'does not count as late');

DELETE FROM job_queue_queued;
INSERT INTO job_queue (job_type, status, lease_until) VALUES ('analyze', 'running', now() - interval '1 minute');
SELECT is(pg_temp.check_of('queue'), 'ok: no job is due', 'a worker that was lost a minute ago');
UPDATE job_queue_running SET lease_until = now() - interval '20 minutes';
SELECT is(pg_temp.check_of('queue'), 'bad: the lease of a job ran out 1200 s ago, and no poller takes it up', 'and one that nobody misses');
DELETE FROM job_queue_running;

INSERT INTO job_queue (id, job_type, project_id, status, finished_at, successor_id) VALUES (1001, 'push_to_monday', 'p', 'failed', now(), 1002);
SELECT is(pg_temp.check_of('jobs'), 'ok: none failed within a day', 'a job whose work another took over is no failure');
SELECT is((SELECT failed_last_day FROM queue_health WHERE job_type = 'push_to_monday'), 0::bigint, 'nor for queue_health');
INSERT INTO job_queue (job_type, project_id, status, finished_at) VALUES ('push_to_monday', 'p', 'failed', now() - interval '25 hours');
SELECT is(pg_temp.check_of('jobs'), 'ok: none failed within a day', 'what failed the day before yesterday is over');
INSERT INTO job_queue (job_type, project_id, status, finished_at) VALUES ('push_to_monday', 'p', 'failed', now() - interval '23 hours'), ('snapshot', NULL, 'failed', now());
SELECT is(pg_temp.check_of('jobs'), 'bad: 2 failed within a day: push_to_monday, snapshot', 'others are');
SELECT is(pg_temp.since('jobs'), now() - interval '23 hours', 'since the first');
INSERT INTO job_queue (job_type, project_id, status, finished_at) VALUES ('push_to_monday', 'p', 'completed', now());
SELECT is(pg_temp.check_of('jobs'), 'bad: 1 failed within a day: snapshot', 'until the work was done after all');

-- Work that waits ----------------------------------------------------------------------------------------------------

DELETE FROM job_queue;
SELECT enqueue_job('push_to_monday', 'slow') \g /dev/null
SELECT wait_job(c.id, c.lease_token, '3 s', 'oslo/5 writes to board 9') FROM claim_jobs('w', '{push_to_monday}', '{1}') c \g /dev/null
SELECT is(pg_temp.check_of('waiting'), 'ok: no work is put off, and none takes long', 'what was put off once is not late');
UPDATE job_queue_queued SET created_at = now() - interval '15 minutes', run_at = now() - interval '1 s';
SELECT is(pg_temp.check_of('queue'), 'ok: the oldest due job has waited for 1 s', 'the queue sees a job that is due since a moment ago');
SELECT is(pg_temp.check_of('waiting'), 'warn: push_to_monday is put off for 900 s: oslo/5 writes to board 9', 'and this that its work waits for a quarter of an hour, and for what');
SELECT is(pg_temp.since('waiting'), now() - interval '15 minutes', 'since when');
UPDATE job_queue_queued SET run_at = now() + interval '3 s';
SELECT alike(pg_temp.check_of('waiting'), 'warn: push_to_monday is put off for 900 s%', 'between two tries, too');
SELECT is((SELECT format('%s %s', ready, state) FROM pipeline_readiness() WHERE check_name = 'waiting'), 't warn', 'requests are taken all the same');
SELECT alike((SELECT detail FROM pipeline_readiness(max_queue_lag => '20 minutes') WHERE check_name = 'waiting'), 'no work is put off%', 'or not, by what is allowed');
SELECT block_provider('monday', '1 hour', 'limit of a day') \g /dev/null
SELECT alike(pg_temp.check_of('waiting'), 'ok: %', 'what a provider puts off is said of its gate');
UPDATE provider_gate SET blocked_until = NULL;
DELETE FROM job_queue;
INSERT INTO job_queue (job_type, project_id, status, started_at, lease_until) VALUES ('llm_explain', 'p', 'running', now() - interval '30 minutes', now() + interval '1 minute'),
    ('rehydrate_full', NULL, 'running', now() - interval '5 hours', now() + interval '1 minute');
SELECT is(pg_temp.check_of('waiting'), 'warn: llm_explain runs for 1800 s', 'the job of a project that runs on and on; a flow may');
DELETE FROM job_queue;

-- Webhooks that were not let in ---------------------------------------------------------------------------------------

SELECT count_webhook_refusals('{signature,expired,signature}', '{3,1,1}') IS NULL AS counted \gset
SELECT count_webhook_refusals('{expired}', '{5}') IS NULL AS counted \gset
SELECT is(pg_temp.check_of('webhooks'), 'warn: 10 requests were refused within a day: 6 expired, 4 signature; no event was taken in', 'counted by their reasons');
SELECT is(pg_temp.since('webhooks'), now(), 'the last one');
INSERT INTO webhook_events (event_key) SELECT 'k' || n FROM generate_series(1, 99) n;
SELECT is(pg_temp.check_of('webhooks'), 'warn: 10 requests were refused within a day: 6 expired, 4 signature', 'more than a tenth');
INSERT INTO webhook_events (event_key) VALUES ('k100');
SELECT is(pg_temp.check_of('webhooks'), 'ok: 10 requests were refused within a day: 6 expired, 4 signature', 'no more than strangers');
UPDATE webhook_refusal SET hour = hour - interval '25 hours' WHERE reason = 'expired';
SELECT alike(pg_temp.check_of('webhooks'), 'ok: 4 requests were refused%', 'of a day');
UPDATE webhook_refusal SET hour = hour - interval '8 days';
SELECT count_webhook_refusals('{missing}', '{0}') IS NULL AS counted \gset
SELECT is_empty('SELECT FROM webhook_refusal', 'and forgotten after a week');
DELETE FROM webhook_events;

-- The schedule --------------------------------------------------------------------------------------------------------

SELECT is(pg_temp.check_of('schedule'), 'warn: nothing is scheduled', 'nothing scheduled is worth a look');
SELECT schedule_pipeline_jobs() \g /dev/null
SELECT is(pg_temp.check_of('schedule'), 'ok: 12 scheduled, none late or failed', 'all is scheduled');
UPDATE cron.job SET active = false WHERE jobname = 'cleanup';
SELECT is(pg_temp.check_of('schedule'), 'warn: cleanup is paused or gone from pg_cron', 'a paused job');
UPDATE pipeline_job SET installed_at = now() - interval '3 days' WHERE job_name = 'reconcile';
SELECT is(pg_temp.check_of('schedule'), 'bad: cleanup is paused or gone from pg_cron; reconcile is overdue', 'an overdue one');
UPDATE pipeline_job SET installed_at = now();
INSERT INTO cron.job_run_details (jobid, runid, database, username, command, status, return_message, start_time)
SELECT jobid, 1000000, database, username, command, 'failed', 'out of disk', now() - interval '1 minute' FROM cron.job WHERE jobname = 'refresh_conversion_views';
SELECT is(pg_temp.check_of('schedule'), 'bad: cleanup is paused or gone from pg_cron; refresh_conversion_views failed', 'one that failed');
SELECT is(pg_temp.since('schedule'), now() - interval '1 minute', 'when');
SELECT unschedule_pipeline_jobs() \g /dev/null

-- Boards --------------------------------------------------------------------------------------------------------------

INSERT INTO monday_board (board_id, role, name, high_water_mark, is_active) VALUES
    ('1', 'parent', 'A', now() - interval '2 hours', true), ('2', 'parent', 'B', NULL, false);
SELECT is(pg_temp.check_of('boards'), 'ok: 1 boards were read in time', 'boards that were read lately are in order');
UPDATE monday_board SET high_water_mark = now() - interval '150 minutes' WHERE board_id = '1';
SELECT is(pg_temp.check_of('boards'), 'warn: board 1 was read 9000 s ago', 'one that was missed twice is worth a look');
SELECT is((SELECT overdue FROM data_freshness), true, 'and overdue for everyone');
SELECT is(pg_temp.since('boards'), now() - interval '150 minutes', 'since when');
SELECT is((SELECT ready FROM pipeline_readiness(max_board_age => '1 hour') WHERE check_name = 'boards'), false, 'or bad, by what is allowed');
SELECT is((SELECT format('%s %s', c->>'ready', b->>'overdue') FROM pipeline_status_document(max_board_age => '160 minutes') d,
           json_array_elements(d->'checks') c, json_array_elements(d->'boards') b WHERE c->>'name' = 'boards'), 'true true', 'a document does not contradict itself');
UPDATE monday_board SET is_active = true;
SELECT is(pg_temp.check_of('boards'), 'bad: board 1 was read 9000 s ago; board 2 was never read', 'late ones are named');
UPDATE monday_board SET is_active = board_id = '1';
-- The first run of the day but one: however late it is now, an hourly rule would call the board late.
INSERT INTO pipeline_job (job_name, schedule, command) VALUES ('rehydrate_delta', '0 0 * * *', '');
UPDATE monday_board SET high_water_mark = (date_trunc('day', now() AT TIME ZONE 'UTC') - interval '1 day') AT TIME ZONE 'UTC';
SELECT is(pg_temp.check_of('boards'), 'ok: 1 boards were read in time', 'a board that is read once a day');
UPDATE monday_board SET high_water_mark = high_water_mark - interval '1 second';
SELECT alike(pg_temp.check_of('boards'), 'warn: %', 'is late when it was missed twice');
UPDATE monday_board SET high_water_mark = high_water_mark - interval '1 day';
SELECT alike(pg_temp.check_of('boards'), 'bad: %', 'and bad the third time');
DELETE FROM pipeline_job;

-- Flows, refreshes, snapshots, analyses, the clock -------------------------------------------------------------------

INSERT INTO sync_log (sync_type, board_id, board_name, status, started_at) VALUES ('import', NULL, NULL, 'failed', now() - interval '8 days'),
    ('reconcile', '2', 'B', 'failed', now()), ('rehydrate_delta', '1', 'A', 'failed', now() - interval '3 hours'), ('rehydrate_delta', '1', 'A', 'completed', now() - interval '2 hours');
SELECT is(pg_temp.check_of('flows'), 'ok: the last run of each succeeded', 'failures that are over, or of a board that is out');
INSERT INTO sync_log (sync_type, board_id, board_name, status, started_at) VALUES ('rehydrate_delta', '1', 'A', 'failed', now() - interval '1 hour'), ('rehydrate_delta', '1', 'A', 'running', now());
SELECT is(pg_temp.check_of('flows'), 'bad: rehydrate_delta of A failed', 'the last run that ended counts');
SELECT is(pg_temp.since('flows'), now() - interval '1 hour', 'since when');

SELECT refresh_conversion_views(false) \g /dev/null
UPDATE refresh_log SET started_at = now() - interval '1 hour';
SELECT is(pg_temp.check_of('refresh'), 'ok: the forecast was refreshed 3600 s ago', 'a refresh of the last hour');
UPDATE refresh_log SET started_at = now() - interval '2 hours' WHERE view_name = 'conversion_metrics';
SELECT is(pg_temp.check_of('refresh'), 'warn: the forecast was refreshed 7200 s ago', 'the oldest view counts');
UPDATE refresh_log SET started_at = now() - interval '25 hours';
SELECT is(pg_temp.check_of('refresh'), 'bad: the forecast was refreshed 90000 s ago', 'one of yesterday');
INSERT INTO refresh_log (view_name, started_at, duration_ms, was_concurrent, outcome, message) VALUES ('conversion_metrics', now(), 1, true, 'failed', 'out of disk');
SELECT is(pg_temp.check_of('refresh'), 'bad: conversion_metrics: out of disk', 'a refresh that failed');

INSERT INTO pipeline_forecast_snapshot_day (snapshot_date, source, row_count) VALUES (pipeline_today() - 1, 'live', 0);
SELECT is(pg_temp.check_of('snapshot'), format('ok: latest snapshot is of %s', pipeline_today() - 1), 'a snapshot of yesterday');
INSERT INTO pipeline_forecast_snapshot_day (snapshot_date, source, row_count)
SELECT pipeline_today() - n, 'live', 0 FROM generate_series(731, 738) n;
SELECT is(pg_temp.check_of('snapshot'),
          'warn: cleanup refuses to remove 8 days of snapshots at once: has snapshot_retention_days shrunk?', 'a cleanup that refuses is told');
SELECT configure_pipeline('snapshot_retention_days', '731') \g /dev/null
SELECT is(pg_temp.check_of('snapshot'), format('ok: latest snapshot is of %s', pipeline_today() - 1), 'until the setting is right, or few enough go');
DELETE FROM pipeline_forecast_snapshot_day WHERE snapshot_date < pipeline_today() - 1;
UPDATE pipeline_forecast_snapshot_day SET snapshot_date = snapshot_date - 1;
SELECT is(pg_temp.check_of('snapshot'), format('bad: latest snapshot is of %s', pipeline_today() - 2), 'one of the day before');
SELECT is((SELECT passed FROM validate_pipeline_forecast() WHERE check_name = 'latest_snapshot_is_fresh'), false, 'validation says the same');

INSERT INTO projects (monday_id, item_name, state) SELECT n, 'P', CASE WHEN n = 5 THEN 'archived' ELSE 'active' END FROM generate_series(1, 5) AS n;
INSERT INTO analysis_results (project_id, analysis_version) SELECT n, analysis_version() FROM generate_series(1, 4) AS n;
SELECT is(pg_temp.check_of('analyses'), 'ok: of 4 projects each has its analysis', 'every active project has its analysis');
UPDATE analysis_results SET analysis_version = 'v0' WHERE project_id = '4';
DELETE FROM analysis_results WHERE project_id = '1';
SELECT is(pg_temp.check_of('analyses'), 'warn: of 4 projects 1 have no analysis and 1 have one by the rules of another version', 'one has none, and one an old one');

SELECT is(pg_temp.check_of('clock'), 'ok: nothing lies in the future', 'the clock goes forwards');
INSERT INTO webhook_events (event_key, event_type, received_at) VALUES ('k', 'x', now() + interval '30 minutes');
SELECT alike(pg_temp.check_of('clock'), 'warn: the newest webhook event is of % UTC, which is yet to come: the clock was set back', 'it was set back');
UPDATE webhook_events SET received_at = now() + interval '2 hours';
SELECT alike(pg_temp.check_of('clock'), 'bad: %', 'by hours');

-- The layout ----------------------------------------------------------------------------------------------------------

UPDATE pipeline_schema_version SET version = version + 1000 WHERE version = layout_version();
SELECT results_eq('SELECT check_name, state, detail FROM pipeline_checks()', format($$ VALUES ('layout', 'bad',
    'the pipeline tables have layout %s, and this version of the extension needs layout %s. Install the newer extension and call ALTER EXTENSION pipeline_forecast UPDATE.'), ('writable', 'ok', 'can be written'), ('version', 'ok', 'extension %s') $$, layout_version() + 1000, layout_version(),
    (SELECT extversion FROM pg_extension WHERE extname = 'pipeline_forecast')),
    'tables of another layout are bad, and nothing else is looked at');

SELECT * FROM finish();
ROLLBACK;
