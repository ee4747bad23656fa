-- The queue: what is enqueued, what joins what, and what a claim takes.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(44);

\ir ../include/failure.sql

CREATE FUNCTION pg_temp.queued() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', job_type, coalesce(project_id, '-'), payload), ', ' ORDER BY id) FROM job_queue WHERE status = 'queued'
$$;
CREATE FUNCTION pg_temp.claimed(types text, slots text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', job_type, coalesce(project_id, payload->>'n', '-')), ', ') FROM claim_jobs('w', types::text[], slots::integer[])
$$;
CREATE FUNCTION pg_temp.finish_all() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM job_queue_running, finish_jobs(ARRAY[id], ARRAY[lease_token])
$$;
CREATE FUNCTION pg_temp.empty() RETURNS void LANGUAGE sql AS $$ DELETE FROM job_queue $$;

-- Enqueuing and joining.
SELECT is(enqueue_job('analyze', 'p'), enqueue_job('analyze', 'p'), 'a job of a type that waits for the project is joined');
SELECT isnt(enqueue_job('analyze', 'p'), enqueue_job('analyze', 'q'), 'another project has its own');
SELECT isnt(enqueue_job('analyze', 'p'), enqueue_job('push_to_monday', 'p'), 'and so has another type');
SELECT is(enqueue_job('refresh'), enqueue_job('refresh', payload => '{}'), 'without a project the payload decides');
SELECT isnt(enqueue_job('refresh'), enqueue_job('refresh', payload => '{"only": 1}'), 'another payload is other work');
SELECT is(enqueue_job('refresh', payload => '{"a": 1, "b": 2}'), enqueue_job('refresh', payload => '{"b": 2, "a": 1}'), 'however it is written');
SELECT pg_temp.empty() \g /dev/null
SELECT enqueue_job('analyze', 'p', '{"a": 1, "b": 1}', 50, now() + interval '1 hour'), enqueue_job('analyze', 'p', '{"b": 2}', 200, now() - interval '1 hour') \g /dev/null
SELECT is((SELECT format('%s %s %s', payload, priority, run_at = now() - interval '1 hour') FROM job_queue), '{"a": 1, "b": 2} 50 t',
          'joined jobs have the merged payload, the smaller priority number and the earlier moment');
SELECT is((SELECT format('%s %s %s', status, attempts, max_attempts) FROM job_queue), 'queued 0 10', 'and wait for their first of ten attempts');
INSERT INTO job_type (job_type, max_attempts) VALUES ('fragile', 2), ('a', 10), ('b', 10), ('c', 10);
SELECT enqueue_job('fragile') \g /dev/null
SELECT is((SELECT max_attempts FROM job_queue WHERE job_type = 'fragile'), 2, 'the type may say how many attempts there are');
SELECT pg_temp.empty() \g /dev/null
SELECT enqueue_job('analyze', 'p', NULL, NULL, NULL) \g /dev/null
SELECT is((SELECT format('%s %s %s', payload, priority, run_at = now()) FROM job_queue), '{} 100 t', 'NULL means the default');

-- What a claim takes.
SELECT pg_temp.empty() \g /dev/null
SELECT enqueue_job('a', payload => '{"n": "late"}', run_at => now() + interval '1 hour'), enqueue_job('a', payload => '{"n": "second"}', run_at => now() - interval '1 s'),
    enqueue_job('a', payload => '{"n": "first"}', run_at => now() - interval '2 s'), enqueue_job('a', NULL, '{"n": "urgent"}', 1),
    enqueue_job('b', payload => '{"n": "other"}'), enqueue_job('c', payload => '{"n": "not asked for"}') \g /dev/null
SELECT is(pg_temp.claimed('{a,b}', '{2,0}'), 'a urgent, a first', 'as many as there are slots of a type, by priority and then by time');
SELECT is(pg_temp.claimed('{a,b}', '{5,5}'), 'a second, b other', 'what is running is not taken again, what is not due neither');
SELECT is(pg_temp.claimed('{a,b}', '{5,5}'), NULL, 'nothing is left');
SELECT is(pg_temp.claimed('{}', '{}'), NULL, 'no types, no jobs');
SELECT is((SELECT count(*) FROM job_queue WHERE status = 'running' AND attempts = 1 AND worker_id = 'w' AND started_at IS NOT NULL
           AND lease_until BETWEEN clock_timestamp() + interval '50 s' AND clock_timestamp() + interval '60 s'), 4::bigint,
          'a claimed job is leased for a minute and its attempt counted');
SELECT is((SELECT count(DISTINCT lease_token) FROM job_queue_running), 2::bigint, 'each claim has a token of its own');

-- One job of a project at a time.
SELECT pg_temp.empty() \g /dev/null
SELECT enqueue_job('a', 'p', '{}', 50), enqueue_job('b', 'p', '{}', 10), enqueue_job('a', 'q') \g /dev/null
SELECT is(pg_temp.claimed('{a,b}', '{5,5}'), 'b p, a q', 'of two types of one project a claim takes the more urgent');
SELECT is(pg_temp.claimed('{a,b}', '{5,5}'), NULL, 'the other waits while that runs');
SELECT isnt(enqueue_job('b', 'p'), (SELECT id FROM job_queue_running WHERE project_id = 'p'), 'what comes in meanwhile gets a job of its own');
SELECT is(pg_temp.claimed('{a,b}', '{5,5}'), NULL, 'which waits too');
SELECT is(pg_temp.finish_all(), 2::bigint, 'the jobs are finished');
SELECT is(pg_temp.claimed('{a,b}', '{5,5}'), 'a p', 'then the next of the project runs');
SELECT pg_temp.finish_all() \g /dev/null
SELECT is(pg_temp.claimed('{a,b}', '{5,5}'), 'b p', 'and then what came in while the first ran');
SELECT pg_temp.empty() \g /dev/null
SELECT enqueue_job('refresh') \g /dev/null
SELECT is(pg_temp.claimed('{refresh}', '{5}'), 'refresh -', 'a job without a project runs');
SELECT enqueue_job('refresh') \g /dev/null
SELECT is(pg_temp.claimed('{refresh}', '{5}'), NULL, 'and not twice at the same time');

-- Gates of providers.
SELECT pg_temp.empty() \g /dev/null
INSERT INTO job_type (job_type, provider) VALUES ('gated', 'slow'), ('free', NULL);
SELECT enqueue_job('gated'), enqueue_job('free') \g /dev/null
SELECT cmp_ok(block_provider('slow', '10 min', 'asked for it'), '>', clock_timestamp() + interval '9 min', 'a provider can be blocked');
SELECT is(block_provider('slow', '1 min', 'less'), (SELECT blocked_until FROM provider_gate WHERE reason = 'asked for it'), 'a shorter block changes nothing');
SELECT cmp_ok(block_provider('slow', '20 min', 'more'), '>', clock_timestamp() + interval '19 min', 'a longer one counts');
SELECT is(pg_temp.claimed('{gated,free}', '{5,5}'), 'free -', 'jobs behind a shut gate are left');
UPDATE provider_gate SET blocked_until = clock_timestamp();
SELECT is(pg_temp.claimed('{gated,free}', '{5,5}'), 'gated -', 'until it opens');

-- Wrong use.
SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ($$ SELECT enqueue_job(NULL) $$, '22004: job_type must not be null or empty; Name the type of the job, for example analyze.'),
    ($$ SELECT enqueue_job(' ') $$, '22023: job_type must not be null or empty; Name the type of the job, for example analyze.'),
    ($$ SELECT enqueue_job('analyse') $$, '22023: unknown job_type "analyse"; Types are a, analyze, b, c, cleanup, fragile, free, gated, history, llm_backfill, llm_explain, monday_sync, push_to_monday, reconcile, refresh, rehydrate_and_analyze, rehydrate_delta, rehydrate_full, rehydrate_recent, snapshot.'),
    ($$ SELECT enqueue_job('a', '') $$, '22023: project_id must not be empty; Leave it out for a job that concerns no single project.'),
    ($$ SELECT enqueue_job('a', payload => '[1]') $$, '22023: payload must be a JSON object, not array; Payloads of jobs that coalesce are merged key by key.'),
    ($$ SELECT enqueue_job('a', run_at => 'infinity') $$, '22008: run_at must be finite; Leave it out for a job that is due at once.'),
    ($$ SELECT claim_jobs(NULL, '{a}', '{1}') $$, '22004: worker must not be null; Name the process that claims, so that people can find it.'),
    ($$ SELECT claim_jobs('w', NULL, '{1}') $$, '22004: job_types must not be null; Give job_types and slots as two arrays of the same length.'),
    ($$ SELECT claim_jobs('w', '{a}', '{1,2}') $$, '22023: job_types has 1 elements and slots has 2; Give job_types and slots as two arrays of the same length.'),
    ($$ SELECT claim_jobs('w', '{a}', '{-1}') $$, '22023: slots must be zero or more, and job_types and slots hold no nulls; Give the number of free places for each type of job; 0 claims none.'),
    ($$ SELECT claim_jobs('w', '{a}', '{1}', '0 s') $$, '22023: lease must be longer than zero, not 00:00:00; Leave the argument out for 60 seconds, and renew it well before it runs out.'),
    ($$ SELECT renew_leases('{1}', NULL) $$, '22004: tokens must not be null; Give ids and tokens as two arrays of the same length.'),
    ($$ SELECT renew_leases('{1}', '{1}', '-1 s') $$, '22023: lease must be longer than zero, not -00:00:01; Leave the argument out for 60 seconds, and renew it well before it runs out.'),
    ($$ INSERT INTO job_queue (job_type, status) VALUES ('a', 'paused') $$, '23514: no partition of relation "job_queue" found for row; ')
) AS t (statement, expected);

SELECT * FROM finish();
ROLLBACK;
