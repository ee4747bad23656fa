-- What looks after webhook events: the sweeper for those without a job, and the purge of old ones.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(31);

\ir ../include/failure.sql

INSERT INTO monday_board (board_id, role, name) VALUES ('1', 'parent', 'Projects');
INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES ('2', 'subitem', 'Subitems', '1');
CREATE FUNCTION pg_temp.record(keys text[]) RETURNS void LANGUAGE sql AS $$
    SELECT record_webhook_events(keys, array_fill('7'::text, n), array_fill('1'::text, n), keys, array_fill('create_item'::text, n), array_fill(NULL::text, n),
        array_fill(NULL::text, n), array_fill('{}'::text, n), array_fill('::1'::text, n))
    FROM (SELECT ARRAY[cardinality(keys)]) s (n)
$$;
CREATE FUNCTION pg_temp.events() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', event_key, status, open_jobs), ', ' ORDER BY event_key) FROM webhook_events
$$;
CREATE FUNCTION pg_temp.open_jobs() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', project_id, status), ', ' ORDER BY project_id) FROM job_queue WHERE status IN ('queued', 'running')
$$;

SELECT is(sweep_webhook_events(), 0, 'without events there is nothing to sweep');
SELECT pg_temp.record('{a,b,c}') \g /dev/null
UPDATE webhook_events SET received_at = now() - interval '2 minutes' WHERE event_key <> 'c';
SELECT is(sweep_webhook_events(), 0, 'an event that has its job is left alone, however long it waits');
SELECT claim_jobs('w', '{rehydrate_and_analyze}', '{10}') \g /dev/null
SELECT is(sweep_webhook_events(), 0, 'while the job runs, too');
DELETE FROM job_queue WHERE project_id <> 'b';
SELECT is(sweep_webhook_events(), 1, 'an event that lost its job gets another; one that is younger than a minute waits');
SELECT is(pg_temp.open_jobs(), 'a queued, b running', 'a job for its project');
SELECT is((SELECT payload->>'trigger' FROM job_queue_queued), 'sweeper', 'which says where it comes from');
SELECT is(sweep_webhook_events(), 0, 'a second sweep finds nothing');
SELECT is((SELECT events_swept FROM queue_upkeep), 1::bigint, 'they are counted');
SELECT claim_jobs('w', '{rehydrate_and_analyze}', '{10}') \g /dev/null
SELECT count(*) FROM job_queue_running, finish_jobs(ARRAY[id], ARRAY[lease_token]) \g /dev/null
SELECT is(pg_temp.events(), 'a processed 0, b processed 0, c pending 1', 'and processed with their new job');
UPDATE webhook_events SET received_at = now() - interval '2 minutes' WHERE event_key = 'c';
SELECT enqueue_job('rehydrate_and_analyze', 'c') \g /dev/null
SELECT is(sweep_webhook_events(), 0, 'a job for the project that somebody else enqueued is a job');
SELECT claim_jobs('w', '{rehydrate_and_analyze}', '{10}') \g /dev/null
SELECT count(*) FROM job_queue_running, finish_jobs(ARRAY[id], ARRAY[lease_token]) \g /dev/null
SELECT is(sweep_webhook_events(), 1, 'it did not cover the event');

-- Events that came in by another way.
DELETE FROM job_queue;
DELETE FROM webhook_events;
INSERT INTO webhook_events (event_key, board_id, item_id, event_type, webhook_payload, received_at) VALUES
    ('x', '1', 'p', 'create_item', '{}', now() - interval '2 minutes'), ('y', '2', 's', 'create_item', '{"event": {"parentItemId": "q"}}', now() - interval '2 minutes'),
    ('z', '9', 'p', 'create_item', '{}', now() - interval '2 minutes'), ('young', '1', 'p', 'create_item', '{}', now());
SELECT is(sweep_webhook_events(), 2, 'an event that is only in the table is mapped and enqueued');
SELECT is(pg_temp.events(), 'x pending 1, y pending 1, young pending 0, z processed_with_warnings 0', 'or settled, where it concerns no project');
SELECT is(pg_temp.open_jobs(), 'p queued, q queued', 'with its project');

-- Purging.
DELETE FROM webhook_events;
DELETE FROM webhook_event_job;
DELETE FROM job_queue;
SELECT pg_temp.record('{n1,n2,o1,o2,o3,o4}') \g /dev/null
UPDATE webhook_events SET status = 'processed' WHERE event_key <> 'o4';
UPDATE webhook_events SET received_at = now() - interval '31 days' WHERE event_key LIKE 'o_';
SELECT is(purge_webhook_events(40), 0, 'what is young enough stays');
SELECT is(purge_webhook_events(NULL, 2), 2, 'old events go in batches');
SELECT is(purge_webhook_events(), 1, 'to the last');
SELECT is(purge_webhook_events(), 0, 'but one that is pending');
SELECT is((SELECT string_agg(event_key, ' ' ORDER BY event_key) FROM webhook_events), 'n1 n2 o4', 'and those within the retention');
SELECT is((SELECT count(*) FROM webhook_event_job), 3::bigint, 'what linked the others to jobs is gone, too');
SELECT configure_pipeline('webhook_retention_days', '32') \g /dev/null
UPDATE webhook_events SET status = 'processed';
SELECT is(purge_webhook_events(), 0, 'the setting decides');
SELECT configure_pipeline('webhook_retention_days', '30') \g /dev/null
SELECT is(purge_webhook_events(), 1, 'where nothing else is asked for');
-- Batches stay batches where the planner would rather choose them anew for each row.
SELECT record_webhook_events(keys, keys, keys, keys, keys, keys, keys, array_fill('{}'::text, ARRAY[1000]), array_fill('::1'::text, ARRAY[1000]))
FROM (SELECT array_agg('many ' || n) FROM generate_series(1, 1000) n) t (keys) \g /dev/null
UPDATE webhook_events SET received_at = now() - interval '31 days';
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL enable_material = off;
SET LOCAL enable_hashagg = off;
SET LOCAL enable_sort = off;
SELECT is(purge_webhook_events(NULL, 10), 10, 'a batch is a batch, whatever the plan');
DELETE FROM job_queue;
INSERT INTO job_queue (job_type, status, finished_at, updated_at)
SELECT 'x', 'completed', CASE WHEN n > 5 THEN now() - interval '31 days' END, now() - interval '31 days' FROM generate_series(1, 100) n;
INSERT INTO job_queue (job_type, status, finished_at) VALUES ('x', 'completed', now()), ('x', 'queued', NULL);
UPDATE job_queue SET updated_at = now() - interval '1 year' WHERE status = 'queued';
SELECT is(purge_finished_jobs(40), 0, 'finished jobs stay as long');
SELECT is(purge_finished_jobs(NULL, 10), 10, 'and go in batches');
SELECT is(purge_finished_jobs() + purge_finished_jobs(), 90, 'all that are old');
SELECT is((SELECT count(*) FROM job_queue), 2::bigint, 'but no other');
SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ($$ SELECT purge_finished_jobs(1, NULL) $$, '22023: batch_size must be at least 1, not NULL; Leave it out for 10000 rows.'),
    ($$ SELECT purge_webhook_events(0) $$, '22023: retain_days must be at least 1, not 0; Senders repeat an event for up to a day, and its key must be known until then.'),
    ($$ SELECT purge_webhook_events(1, 0) $$, '22023: batch_size must be at least 1, not 0; Leave it out for 10000 rows.'),
    ($$ SELECT purge_finished_jobs(0) $$, '22023: retain_days must be at least 1, not 0; Leave it out to use the setting log_retention_days.')
) AS t (statement, expected);

SELECT * FROM finish();
ROLLBACK;
