-- The views for dashboards: queue, webhooks, performance, and what happened to a project.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(40);

-- The queue.
DELETE FROM job_queue;
SELECT is((SELECT format('%s %s %s %s', job_type, queued, running, failed_last_day) FROM queue_health), ' 0 0 0', 'an empty queue is one row for all types');
INSERT INTO job_type (job_type, provider) VALUES ('a', 'slow'), ('b', NULL);
SELECT enqueue_job('a', 'p' || n, run_at => now() - n * interval '1 min') FROM generate_series(1, 5) n \g /dev/null
SELECT enqueue_job('b', payload => jsonb_build_object('n', n)) FROM generate_series(1, 3) n \g /dev/null
SELECT enqueue_job('a', 'later', run_at => now() + interval '1 hour') \g /dev/null
SELECT count(*) FROM claim_jobs('w', '{a,b}', '{3,1}') \g /dev/null
SELECT finish_jobs(ARRAY[id], ARRAY[lease_token]) FROM job_queue_running WHERE job_type = 'b' \g /dev/null
SELECT fail_job(id, lease_token, 'broken', false) FROM job_queue_running WHERE project_id = 'p5' \g /dev/null
SELECT fail_job(id, lease_token, 'again') FROM job_queue_running WHERE project_id = 'p4' \g /dev/null
UPDATE job_queue_running SET lease_until = now() - interval '1 s', started_at = now() - interval '90 s';
UPDATE job_queue_queued SET created_at = run_at WHERE run_at < created_at;
SELECT block_provider('slow', '10 min', 'asked for it') \g /dev/null
UPDATE job_queue_finished SET crashes = 1 WHERE project_id = 'p5';
SELECT is((SELECT format('queued %s due %s retrying %s oldest %s running %s expired %s oldest run %s', queued, due, retrying, oldest_due_seconds, running, expired_leases, oldest_run_seconds)
           FROM queue_health WHERE job_type = 'a'), 'queued 4 due 2 retrying 1 oldest 120.000 running 1 expired 1 oldest run 90.000', 'what is open');
SELECT is((SELECT format('completed %s failed %s crashed %s %s', completed_last_day, failed_last_day, crashed_last_day, last_failure) FROM queue_health WHERE job_type = 'a'),
          'completed 0 failed 1 crashed 1 broken', 'what ended');
SELECT is((SELECT format('%s %s %s', provider, blocked_until > now(), blocked_because) FROM queue_health WHERE job_type = 'a'), 'slow t asked for it', 'and what holds it up');
SELECT is((SELECT format('%s %s %s %s', queued, completed_last_day, provider, blocked_until) FROM queue_health WHERE job_type = 'b'), '2 1  ', 'another type');
SELECT is((SELECT format('%s %s %s %s %s', queued, running, completed_last_day, failed_last_day, events_swept) FROM queue_health WHERE job_type IS NULL), '6 1 1 1 0', 'all types');
SELECT ok((SELECT dead_rows >= 0 AND oldest_snapshot_seconds >= 0 FROM queue_health WHERE job_type IS NULL), 'and what vacuum has to do with it');
SELECT is((SELECT count(*) FROM queue_health WHERE job_type = 'later'), 0::bigint, 'a type that has no job is not shown');
UPDATE job_queue_finished SET finished_at = now() - interval '25 hours';
SELECT is((SELECT failed_last_day FROM queue_health WHERE job_type IS NULL), 0::bigint, 'yesterday is over');

-- Webhooks.
INSERT INTO webhook_events (event_key, event_type, status, received_at, processing_time_ms, retry_count)
SELECT 'm' || n, CASE WHEN n <= 100 THEN 'create_item' ELSE 'change_name' END,
    CASE n % 10 WHEN 0 THEN 'pending' WHEN 1 THEN 'failed' WHEN 2 THEN 'ignored' WHEN 3 THEN 'processed_with_warnings' ELSE 'processed' END,
    date_trunc('hour', now(), 'UTC') - CASE WHEN n <= 100 THEN interval '0' ELSE interval '30 min' END, nullif(n % 10, 0) * 10, (n = 4)::integer
FROM generate_series(1, 110) n;
INSERT INTO webhook_events (event_key, event_type, received_at) VALUES ('old', 'create_item', now() - interval '8 days');
SELECT is((SELECT string_agg(format('%s %s %s', now() - hour < interval '1 hour', event_type, events), ', ' ORDER BY hour) FROM webhook_metrics),
          'f change_name 10, t create_item 100', 'events by hour and type, of a week');
SELECT is((SELECT format('%s %s %s %s %s %s', pending, processed, processed_with_warnings, failed, ignored, retried) FROM webhook_metrics WHERE event_type = 'create_item'),
          '10 60 10 10 10 1', 'with what became of them');
SELECT is((SELECT format('%s %s %s', p50_ms, p95_ms, max_ms) FROM webhook_metrics WHERE event_type = 'create_item'), '50.000 90.000 90.000', 'and how long it took');

-- Performance.
UPDATE job_queue_finished SET finished_at = now(), started_at = now() - interval '2 s', run_at = now() - interval '3 s', created_at = now() - interval '1 hour' WHERE job_type = 'a';
INSERT INTO refresh_log (view_name, started_at, duration_ms, row_count, was_concurrent, outcome) VALUES
    ('v', now(), 10, 5, true, 'refreshed'), ('v', now() - interval '1 min', 30, 4, true, 'refreshed'), ('v', now() - interval '2 min', 20, NULL, true, 'failed');
INSERT INTO sync_log (sync_type, started_at, completed_at, status, items_processed, api_calls) VALUES ('s', now() - interval '5 s', now(), 'completed', 7, 2);
INSERT INTO llm_call (provider, model, outcome, duration_ms) VALUES ('l', 'm', 'ok', 100), ('l', 'm', 'timeout', 300);
INSERT INTO projects (monday_id, item_name) VALUES ('snapshotted', 'S');
SELECT create_pipeline_forecast_snapshot() \g /dev/null
CREATE FUNCTION pg_temp.measured(area text, name text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', measure, value), ', ' ORDER BY measure COLLATE "C") FROM system_performance p WHERE p.area = $1 AND p.name = $2
$$;
SELECT is(pg_temp.measured('job', 'a'), 'duration max 2000.000, duration p50 2000.000, duration p95 2000.000, failed 1, runs 1, wait p50 1000.000, wait p95 1000.000', 'jobs');
SELECT is(pg_temp.measured('refresh', 'v'), 'duration max 30.000, duration p50 20.000, duration p95 29.000, failed 1, rows 5, runs 3', 'refreshes');
SELECT is(pg_temp.measured('sync', 's'), 'api calls 2, duration max 5000.000, duration p50 5000.000, failed 0, items 7, items rejected 0, runs 1', 'syncs');
SELECT is(pg_temp.measured('language model', 'l'), 'calls 2, duration p50 200.000, duration p95 290.000, without an answer 1', 'language models');
SELECT is(pg_temp.measured('snapshot', 'latest day'), 'age 0, rows 1', 'snapshots');
SELECT is((SELECT count(*) FROM system_performance WHERE area = 'table' AND name IN ('projects', 'job_queue_queued', 'webhook_events') AND measure = 'size' AND value > 0),
          3::bigint, 'tables');
SELECT is((SELECT count(*) FROM system_performance WHERE area = 'database'), 6::bigint, 'the database');
SELECT is((SELECT count(*) FROM system_performance WHERE unit IS NULL OR measure IS NULL), 0::bigint, 'each measure has a unit');

-- What happened to a project.
DELETE FROM job_queue;
DELETE FROM webhook_events;
INSERT INTO monday_board (board_id, role, name) VALUES ('1', 'parent', 'Projects');
INSERT INTO projects (monday_id, item_name, project_name, last_synced_at) VALUES ('x', 'Item', 'Project', now() - interval '1 hour'), ('y', 'Other', NULL, NULL);
CREATE FUNCTION pg_temp.finding() RETURNS text LANGUAGE sql AS $$ SELECT finding FROM project_lineage WHERE project_id = 'x' $$;
SELECT is((SELECT project_name FROM project_lineage WHERE project_id = 'y'), 'Other', 'a project without a name of its own has that of its item');
SELECT is(pg_temp.finding(), 'The project has not been analysed.', 'not analysed');
INSERT INTO analysis_results (project_id, analysis_timestamp) VALUES ('x', now() - interval '2 min');
SELECT is(pg_temp.finding(), NULL, 'in order');
SELECT is((SELECT format('%s %s %s %s', last_synced_at = now() - interval '1 hour', analysed_at = now() - interval '2 min', llm_status, open_jobs) FROM project_lineage WHERE project_id = 'x'),
          't t none 0', 'when it was synchronised and analysed');
INSERT INTO push_state (project_id, pushed_at, last_error) VALUES ('x', now() - interval '1 min', 'no such column');
SELECT is(pg_temp.finding(), 'Its numbers could not be written back: no such column', 'not written back');
SELECT is((SELECT format('%s %s', pushed_at = now() - interval '1 min', push_error) FROM project_lineage WHERE project_id = 'x'), 't no such column', 'and when that was tried');
UPDATE push_state SET last_error = NULL;
SELECT record_webhook_events('{w1}', '{7}', '{1}', '{x}', '{change_name}', '{NULL}', '{NULL}', '{null}', '{::1}') \g /dev/null
SELECT is(pg_temp.finding(), 'An event of type change_name waits for its job.', 'an event waits');
SELECT is((SELECT format('%s %s %s %s %s', last_event_type, last_event_status, open_jobs, next_job_type, next_job_status) FROM project_lineage WHERE project_id = 'x'),
          'change_name pending 1 rehydrate_and_analyze queued', 'for which job');
SELECT count(*) FROM claim_jobs('w', '{rehydrate_and_analyze}', '{1}') \g /dev/null
UPDATE provider_gate SET blocked_until = NULL;
SELECT is((SELECT next_job_status FROM project_lineage WHERE project_id = 'x'), 'running', 'which runs');
SELECT fail_job(id, lease_token, 'no answer') FROM job_queue_running \g /dev/null
SELECT is(pg_temp.finding(), 'Job rehydrate_and_analyze is tried again: no answer', 'or is tried again');
SELECT is((SELECT format('%s %s', next_job_detail, next_job_due_at > now()) FROM project_lineage WHERE project_id = 'x'), 'no answer t', 'when and why');
UPDATE job_queue_queued SET run_at = now();
SELECT count(*) FROM claim_jobs('w', '{rehydrate_and_analyze}', '{1}') \g /dev/null
SELECT fail_job(id, lease_token, 'no such item', false) FROM job_queue_running \g /dev/null
SELECT is(pg_temp.finding(), 'Job rehydrate_and_analyze failed: no such item', 'failed');
SELECT is((SELECT format('%s %s %s, %s %s, %s', last_failed_job_type, last_failed_at IS NOT NULL, last_failure, last_sync_job_status, last_sync_job_detail, last_event_status)
           FROM project_lineage WHERE project_id = 'x'), 'rehydrate_and_analyze t no such item, failed no such item, failed', 'with job and event');
SELECT enqueue_job('rehydrate_and_analyze', 'x') \g /dev/null
SELECT count(*) FROM claim_jobs('w', '{rehydrate_and_analyze}', '{1}') \g /dev/null
SELECT count(*) FROM job_queue_running, finish_jobs(ARRAY[id], ARRAY[lease_token], '{done}') \g /dev/null
SELECT is(pg_temp.finding(), NULL, 'a failure is over when the same work has been done since');
SELECT is((SELECT format('%s %s, %s', last_sync_job_status, last_sync_job_detail, last_failure) FROM project_lineage WHERE project_id = 'x'), 'completed done, no such item', 'and remembered');
SELECT enqueue_job('push_to_monday', 'x') \g /dev/null
SELECT is(pg_temp.finding(), 'Job push_to_monday is queued.', 'something is still to be done');
UPDATE projects SET state = 'archived' WHERE monday_id = 'x';
SELECT is(pg_temp.finding(), 'The project is archived and is not forecast.', 'archived');
SELECT is((SELECT count(*) FROM project_lineage), (SELECT count(*) FROM projects), 'every project has one row');

-- One project among many is found by indexes.
INSERT INTO projects (monday_id, item_name) SELECT 'many ' || n, 'Item ' || n FROM generate_series(1, 5000) n;
INSERT INTO analysis_results (project_id) SELECT 'many ' || n FROM generate_series(1, 5000) n;
INSERT INTO push_state (project_id) SELECT 'many ' || n FROM generate_series(1, 5000) n;
SELECT enqueue_job('a', 'many ' || n) FROM generate_series(1, 5000) n \g /dev/null
INSERT INTO job_queue_running (id, job_type, project_id, status) SELECT -n, 'b', 'many ' || n, 'running' FROM generate_series(1, 5000) n;
INSERT INTO job_queue_finished (id, job_type, project_id, status, finished_at)
SELECT -n, 'b', 'many ' || n % 5000, CASE WHEN n % 7 = 0 THEN 'failed' ELSE 'completed' END, now() FROM generate_series(1, 20000) n;
INSERT INTO webhook_events (event_key) SELECT 'many ' || n FROM generate_series(1, 5000) n;
INSERT INTO webhook_event_job (project_id, job_id, event_id) SELECT 'many ' || id % 5000, id, id FROM webhook_events;
ANALYZE projects, analysis_results, push_state, job_queue, webhook_events, webhook_event_job;
CREATE FUNCTION pg_temp.scans(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line LIKE '%Scan%' THEN
            RETURN NEXT line;
        END IF;
    END LOOP;
END $$;
SELECT is_empty($$ SELECT * FROM pg_temp.scans('SELECT * FROM project_lineage WHERE project_id = ''x''') AS line WHERE line ~ 'Seq Scan' $$,
                'no table is read as a whole');
SELECT is((SELECT count(*) FROM pg_temp.scans('SELECT * FROM project_lineage WHERE project_id = ''x''') AS line WHERE line ~ 'Index (Only )?Scan'), 10::bigint,
          'each by an index');

SELECT * FROM finish();
ROLLBACK;
