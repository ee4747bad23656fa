-- How a run of a job ends, and what becomes of the job, of another that waits for the same work, and of a lost lease.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(72);

\ir ../include/failure.sql

INSERT INTO job_type (job_type) VALUES ('a');

CREATE FUNCTION pg_temp.claim(types text DEFAULT 'a') RETURNS bigint LANGUAGE sql AS $$
    SELECT min(id) FROM claim_jobs('w', ARRAY[types], '{10}')
$$;
-- A job of its own for each check: enqueued, claimed, and ended by the statement, in which %s stands for id and token.
CREATE FUNCTION pg_temp.ended(statement text, project text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    DELETE FROM job_queue;
    PERFORM enqueue_job('a', project), pg_temp.claim();
    EXECUTE format(statement, (SELECT id FROM job_queue_running), (SELECT lease_token FROM job_queue_running)) INTO answer;
    RETURN answer;
END $$;
CREATE FUNCTION pg_temp.jobs() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s of %s, crashes %s, %s', status, attempts, max_attempts, crashes, coalesce(detail, '-')), E'\n' ORDER BY id) FROM job_queue
$$;
CREATE FUNCTION pg_temp.expire() RETURNS void LANGUAGE sql AS $$
    UPDATE job_queue_running SET lease_until = clock_timestamp() - interval '1 ms';
    UPDATE queue_upkeep SET leases_checked_at = '-infinity';
$$;

-- Done.
SELECT is(pg_temp.ended('SELECT count(*) FROM finish_jobs(ARRAY[%s], ARRAY[%s], ARRAY[''42 rows''])'), '1', 'a job is finished');
SELECT is(pg_temp.jobs(), 'completed 1 of 10, crashes 0, 42 rows', 'with what its worker had to say');
SELECT is((SELECT format('%s %s', tableoid::regclass, finished_at >= started_at AND lease_until IS NULL AND worker_id = 'w') FROM job_queue),
          'job_queue_finished t', 'and leaves the part of the queue that is polled');
SELECT is(pg_temp.ended('SELECT finish_jobs(ARRAY[%s], ARRAY[%s + 1])'), NULL, 'with another token nothing is finished');
SELECT is(pg_temp.jobs(), 'running 1 of 10, crashes 0, -', 'and the job still runs');
SELECT is(pg_temp.ended('SELECT count(*) FROM finish_jobs(ARRAY[%s, -1], ARRAY[%s, 1])'), '1', 'of several those that are held are finished');
SELECT is((SELECT count(*) FROM finish_jobs((SELECT array_agg(id) FROM job_queue), (SELECT array_agg(lease_token) FROM job_queue))), 0::bigint, 'a job is not finished twice');
SELECT is((SELECT count(*) FROM finish_jobs('{}', '{}')), 0::bigint, 'nothing is finished by nothing');
SELECT is(length(pg_temp.ended('SELECT finish_jobs(ARRAY[%s], ARRAY[%s], ARRAY[repeat(''x'', 20000)])')) > 0, true, 'a long story');
SELECT is((SELECT length(detail) FROM job_queue), 10000, 'is cut');

-- Failed.
SELECT is(pg_temp.ended('SELECT fail_job(%s, %s, ''no answer'')'), 'queued', 'a job that failed is tried again');
SELECT is(pg_temp.jobs(), 'queued 1 of 10, crashes 0, no answer', 'and says why');
SELECT ok((SELECT run_at BETWEEN clock_timestamp() - interval '1 s' AND clock_timestamp() + interval '10 s' FROM job_queue), 'within ten seconds');
SELECT is(pg_temp.ended('SELECT fail_job(%s, %s, ''no such item'', false)'), 'failed', 'unless trying again is of no use');
SELECT is(pg_temp.jobs(), 'failed 1 of 10, crashes 0, no such item', 'the reason stays');
SELECT is(pg_temp.ended('SELECT fail_job(%s, %s, NULL)'), 'queued', 'a worker may be at a loss for words');
SELECT is((SELECT detail FROM job_queue), 'the worker gave no reason', 'then that is said');
SELECT is(pg_temp.ended('SELECT fail_job(%s, %s, '' '', false)'), 'failed', 'or say nothing');
SELECT is((SELECT detail FROM job_queue), 'the worker gave no reason', 'a failed job always says why');
SELECT is(pg_temp.ended('SELECT fail_job(%s, %s + 1, ''x'')'), 'lost', 'with another token nothing fails');
SELECT is(pg_temp.jobs(), 'running 1 of 10, crashes 0, -', 'and the job still runs');
SELECT is(fail_job(-1, 1, 'x'), 'lost', 'nor does a job that is not there');
DELETE FROM job_queue;
SELECT enqueue_job('a') \g /dev/null
UPDATE job_queue_queued SET max_attempts = 2, run_at = now();
SELECT pg_temp.claim() \g /dev/null
SELECT is((SELECT fail_job(id, lease_token, 'first') FROM job_queue_running), 'queued', 'of two attempts the first may fail');
UPDATE job_queue_queued SET run_at = now();
SELECT pg_temp.claim() \g /dev/null
SELECT is((SELECT fail_job(id, lease_token, 'second') FROM job_queue_running), 'failed', 'the second may not');
SELECT is(pg_temp.jobs(), 'failed 2 of 2, crashes 0, second', 'the last reason stays');

-- Backoff: full jitter below a limit that doubles.
SELECT ok(bool_and(retry_delay(attempts) BETWEEN interval '0' AND make_interval(secs => least(3600, 10 * 2 ^ (attempts - 1)))),
          'delays stay below the limit of their attempt')
FROM generate_series(1, 40) attempts, generate_series(1, 50);
SELECT ok(max(d) > interval '50 min' AND min(d) < interval '10 min', 'and use all of the room below it')
FROM (SELECT retry_delay(30) FROM generate_series(1, 200)) t (d);

-- Put off by a provider.
SELECT is(pg_temp.ended('SELECT wait_job(%s, %s, ''90 s'', ''too many requests'')'), 'queued', 'a provider may ask for patience');
SELECT is(pg_temp.jobs(), 'queued 0 of 10, crashes 0, too many requests', 'which is no attempt');
SELECT ok((SELECT run_at BETWEEN clock_timestamp() + interval '80 s' AND clock_timestamp() + interval '90 s' FROM job_queue), 'as long as it asked for');
SELECT is(pg_temp.ended('SELECT wait_job(%s, %s, ''25 hours'', ''come back tomorrow'')'), 'failed', 'but not for ever');
SELECT is(pg_temp.jobs(), 'failed 1 of 10, crashes 0, not done within 1 day: come back tomorrow', 'and then that is the reason');
UPDATE job_type SET max_age = '1 hour' WHERE job_type = 'a';
SELECT is(pg_temp.ended('SELECT wait_job(%s, %s, ''61 min'', NULL)'), 'failed', 'the limit is that of the type');
SELECT is((SELECT detail FROM job_queue), 'not done within 01:00:00: put off by its provider', 'with a reason of its own');
SELECT is(pg_temp.ended('SELECT wait_job(%s, %s, ''59 min'', NULL)'), 'queued', 'and counts from the moment it was enqueued');
SELECT is(pg_temp.ended('SELECT wait_job(%s, %s + 1, ''1 s'', ''x'')'), 'lost', 'with another token nothing is put off');

-- Given back.
SELECT is(pg_temp.ended('SELECT count(*) FROM return_jobs(ARRAY[%s], ARRAY[%s])'), '1', 'a job that was not started can be given back');
SELECT is(pg_temp.jobs(), 'queued 0 of 10, crashes 0, -', 'as if it had not been claimed');
SELECT isnt(pg_temp.claim(), NULL, 'and is due at once');
SELECT is(pg_temp.ended('SELECT return_jobs(ARRAY[%s], ARRAY[%s + 1])'), NULL, 'with another token nothing is given back');

-- Another job was enqueued for the same work while this one ran.
CREATE FUNCTION pg_temp.superseded(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    DELETE FROM job_queue;
    PERFORM enqueue_job('a', 'p', '{"a": 1, "b": 1}', 5), pg_temp.claim(), enqueue_job('a', 'p', '{"b": 2}', 50);
    EXECUTE format(statement, (SELECT id FROM job_queue_running), (SELECT lease_token FROM job_queue_running)) INTO answer;
    RETURN answer;
END $$;
SELECT is(pg_temp.superseded('SELECT finish_jobs(ARRAY[%s], ARRAY[%s])') IS NOT NULL, true, 'where the work was done');
SELECT is(pg_temp.jobs(), E'completed 1 of 10, crashes 0, -\nqueued 0 of 10, crashes 0, -', 'it is done once more for what came in');
SELECT is(pg_temp.superseded('SELECT fail_job(%s, %s, ''no answer'')'), 'queued', 'where it failed');
SELECT is((SELECT string_agg(format('%s %s %s %s %s %s', status, attempts, priority, payload, detail, successor_id - id), E'\n' ORDER BY id) FROM job_queue),
          (SELECT format(E'failed 1 5 {"a": 1, "b": 1} no answer; job %s does the work instead 1\nqueued 1 5 {"a": 1, "b": 2} no answer ', max(id)) FROM job_queue),
          'the one that waits takes over, with the attempts, the urgency and the payload of both');
SELECT is(pg_temp.superseded('SELECT return_jobs(ARRAY[%s], ARRAY[%s])') IS NOT NULL, true, 'where it was given back');
SELECT is((SELECT string_agg(format('%s %s %s', status, attempts, detail), E'\n' ORDER BY id) FROM job_queue),
          (SELECT format(E'completed 1 job %s does the work instead\nqueued 0 ', max(id)) FROM job_queue), 'the one that waits does it');
SELECT is(pg_temp.superseded('SELECT fail_job(%s, %s, ''no answer'', false)'), 'failed', 'where it failed for good');
SELECT is(pg_temp.jobs(), E'failed 1 of 10, crashes 0, no answer\nqueued 0 of 10, crashes 0, -', 'what came in still gets its run');

-- Lost workers.
DELETE FROM job_queue;
SELECT enqueue_job('a', 'p') \g /dev/null
SELECT pg_temp.claim() \g /dev/null
CREATE TEMP TABLE first_lease AS SELECT array_agg(id) AS ids, array_agg(lease_token) AS tokens FROM job_queue_running;
SELECT is(pg_temp.claim(), NULL, 'a leased job is not claimed');
SELECT is((SELECT count(*) FROM first_lease, renew_leases(ids, tokens, '1 hour')), 1::bigint, 'its lease can be renewed');
SELECT ok((SELECT lease_until > clock_timestamp() + interval '59 min' FROM job_queue_running), 'for as long as asked');
SELECT pg_temp.expire() \g /dev/null
SELECT is((SELECT count(*) FROM first_lease, renew_leases(ids, tokens)), 1::bigint, 'even late, as long as nobody else has come');
SELECT pg_temp.expire() \g /dev/null
SELECT is(pg_temp.claim(), (SELECT ids[1] FROM first_lease), 'a job whose lease ran out is claimed by the same call that finds it');
SELECT is(pg_temp.jobs(), 'running 2 of 10, crashes 1, ' || (SELECT detail FROM job_queue), 'the crash is counted beside the attempt');
SELECT matches((SELECT detail FROM job_queue), '^worker "w" was lost during attempt 1 of 10, its lease ran out at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$', 'and described');
SELECT is((SELECT count(*) FROM first_lease, renew_leases(ids, tokens)), 0::bigint, 'the former worker cannot renew');
SELECT is((SELECT count(*) FROM first_lease, finish_jobs(ids, tokens)), 0::bigint, 'nor finish');
SELECT is((SELECT fail_job(ids[1], tokens[1], 'x') || wait_job(ids[1], tokens[1], '1 s', 'x') FROM first_lease), 'lostlost', 'nor fail or put off');
SELECT is((SELECT count(*) FROM first_lease, return_jobs(ids, tokens)), 0::bigint, 'nor give back');
UPDATE job_queue_running SET lease_until = clock_timestamp() - interval '1 ms';
SELECT is(pg_temp.claim(), NULL, 'leases are looked at once a second');
SELECT pg_temp.expire(), pg_temp.claim(), pg_temp.expire() \g /dev/null
SELECT is(pg_temp.claim(), NULL, 'a job that lost its worker three times is given up');
SELECT matches(pg_temp.jobs(), '^failed 3 of 10, crashes 3, worker "w" was lost during attempt 3 of 10, its lease ran out at .*; given up after 3 lost workers$', 'and says so');
SELECT enqueue_job('a', 'p') \g /dev/null
UPDATE job_queue_queued SET max_attempts = 1;
SELECT pg_temp.claim(), pg_temp.expire() \g /dev/null
SELECT is(pg_temp.claim(), NULL, 'and so is one that lost it on its last attempt');
SELECT matches((SELECT detail FROM job_queue ORDER BY id DESC LIMIT 1), '^worker "w" was lost during attempt 1 of 1, its lease ran out at [^;]*$', 'which is said, too');
DELETE FROM job_queue;
SELECT enqueue_job('a', 'p'), pg_temp.claim(), enqueue_job('a', 'p'), pg_temp.expire() \g /dev/null
SELECT is(pg_temp.claim(), (SELECT max(id) FROM job_queue), 'where another waits for the same work, it runs instead');
SELECT is((SELECT string_agg(format('%s %s %s', status, attempts, crashes), ', ' ORDER BY id) FROM job_queue), 'failed 1 1, running 2 1',
          'and knows of the crash, so that the work itself is given up in the end');

-- Wrong use.
SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ($$ SELECT finish_jobs(NULL, '{1}') $$, '22004: ids must not be null; Give ids and tokens as two arrays of the same length.'),
    ($$ SELECT finish_jobs('{1}', '{}') $$, '22023: ids has 1 elements and tokens has 0; Give ids and tokens as two arrays of the same length.'),
    ($$ SELECT finish_jobs('{1}', '{1}', '{a,b}') $$, '22023: ids has 1 elements and details has 2; Give ids and details as two arrays of the same length.'),
    ($$ SELECT return_jobs('{1}', NULL) $$, '22004: tokens must not be null; Give ids and tokens as two arrays of the same length.'),
    ($$ SELECT wait_job(1, 1, NULL, 'x') $$, '22023: wait must be zero or longer, not NULL; Give the time that the provider asked for.'),
    ($$ SELECT wait_job(1, 1, '-1 s', 'x') $$, '22023: wait must be zero or longer, not -00:00:01; Give the time that the provider asked for.')
) AS t (statement, expected);

SELECT * FROM finish();
ROLLBACK;
