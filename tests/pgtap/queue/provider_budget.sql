-- One budget for all pollers: never more than the quota in any window, and an end to waiting that can be told.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(27);
\ir ../include/failure.sql

CREATE FUNCTION pg_temp.reserve(calls integer, points integer) RETURNS double precision LANGUAGE sql AS $$
    SELECT extract(epoch FROM reserve_provider_tokens('{calls,points}', ARRAY[calls, points]))::double precision
$$;
CREATE FUNCTION pg_temp.left_over(bucket text) RETURNS numeric LANGUAGE sql AS $$
    SELECT round(tokens::numeric, 1) FROM provider_gate WHERE provider = bucket
$$;

SELECT is((SELECT array_agg(provider ORDER BY provider) FROM provider_gate), '{monday,"monday complexity"}',
    'the limits of the smallest plan are there from the beginning');
SELECT is(pg_temp.reserve(5, 5), 0::double precision, 'what has no bucket is not limited');

SELECT lives_ok($$ SELECT set_provider_quota('calls', 100, '1 minute'), set_provider_quota('points', 1000, '1 minute') $$, 'quotas');
SELECT results_eq($$ SELECT provider, capacity, refill_per_second FROM provider_gate WHERE provider IN ('calls', 'points') ORDER BY 1 $$,
    $$ VALUES ('calls', 25::double precision, 1.25::double precision), ('points', 250, 12.5) $$,
    'a burst and what flows in within a window are the quota together');
-- Time stands still in these tests.
UPDATE provider_gate SET refilled_at = now() + interval '1 hour' WHERE provider IN ('calls', 'points');
SELECT is(pg_temp.reserve(1, 100), 0::double precision, 'granted');
UPDATE provider_gate SET refilled_at = now() + interval '1 hour' WHERE provider IN ('calls', 'points');
SELECT is(ARRAY[pg_temp.left_over('calls'), pg_temp.left_over('points')], '{24.0,150.0}', 'both buckets are charged');
SELECT is(pg_temp.reserve(1, 200), 4::double precision, 'too much of one: the time until it has flowed in');
SELECT is(ARRAY[pg_temp.left_over('calls'), pg_temp.left_over('points')], '{24.0,150.0}', 'and nothing is charged');
SELECT is(pg_temp.reserve(25, 200), 4::double precision, 'the longest wait counts');

SELECT is(pg_temp.reserve(1, 5000), 8::double precision, 'what is larger than a bucket waits for a full one');
UPDATE provider_gate SET tokens = capacity WHERE provider = 'points';
SELECT is(pg_temp.reserve(1, 5000), 0::double precision, 'takes it');
UPDATE provider_gate SET refilled_at = now() + interval '1 hour' WHERE provider IN ('calls', 'points');
SELECT is(pg_temp.left_over('points'), -4750.0, 'and leaves it in debt');
SELECT is(pg_temp.reserve(1, 0), 380::double precision, 'which is paid before anything else');

-- Settling.
UPDATE provider_gate SET tokens = 100 WHERE provider = 'points';
SELECT settle_provider_tokens('{calls,points}', '{0,-60}', '{NULL,NULL}') IS NULL AS settled \gset
SELECT is(pg_temp.left_over('points'), 160.0, 'what was not used comes back');
SELECT settle_provider_tokens('{calls,points}', '{0,10}', '{7,900}') IS NULL AS settled \gset
SELECT is(ARRAY[pg_temp.left_over('calls'), pg_temp.left_over('points')], '{7.0,150.0}',
    'what the provider says is left counts where it is less');

-- A shut gate.
SELECT ok(block_provider('calls', '90 seconds', 'test') > now(), 'the gate of a bucket is shut');
SELECT ok(pg_temp.reserve(0, 0) BETWEEN 80 AND 90, 'nothing is granted until it opens');

-- A quota that changes.
UPDATE provider_gate SET tokens = 250 WHERE provider = 'points';
SELECT lives_ok($$ SELECT set_provider_quota('points', 100, '1 minute') $$, 'a smaller quota');
SELECT is(pg_temp.left_over('points'), 25.0, 'takes what is too much for it');

SELECT is(pg_temp.failure($$ SELECT set_provider_quota('points', 3, '1 minute') $$),
    '22023: a quota of 3 in 00:01:00 makes no sense; Give the bucket, at least 4, and the time in which so much may be used.', 'a quota of nothing');
SELECT is(pg_temp.failure($$ SELECT set_provider_quota('points', 100, '0') $$),
    '22023: a quota of 100 in 00:00:00 makes no sense; Give the bucket, at least 4, and the time in which so much may be used.', 'a window of nothing');
SELECT is(pg_temp.failure($$ SELECT reserve_provider_tokens('{a,b}', '{1}') $$),
    '22023: buckets has 2 elements and wanted has 1; Give buckets and wanted as two arrays of the same length.', 'lists that do not fit');
SELECT set_provider_quota('share', 1000, '1 minute') \g /dev/null
UPDATE provider_gate SET tokens = 150, refilled_at = now() + interval '1 hour' WHERE provider = 'share';
SELECT is(reserve_provider_tokens('{share}', '{100}', 0.25), interval '1 second', 'what is not urgent waits for a share to be left');
SELECT is(reserve_provider_tokens('{share}', '{100}'), interval '0', 'which what is urgent takes');
SELECT is(pg_temp.failure($$ SELECT reserve_provider_tokens('{a}', '{1}', 1) $$),
    '22023: left_to_others must be from 0 to below 1, not 1; Give the share of each bucket that more urgent calls may still take, for example 0.25.', 'all of it cannot be left');
SELECT is(pg_temp.failure($$ SELECT reserve_provider_tokens('{a}', '{-1}') $$),
    '22023: wanted must be zero or more, and buckets and wanted hold no nulls; Give for each bucket how much of it is to be used.', 'less than nothing');
SELECT is(pg_temp.failure($$ SELECT settle_provider_tokens('{a}', NULL, '{1}') $$),
    '22004: used must not be null; Give buckets and used as two arrays of the same length.', 'nothing to settle');

SELECT * FROM finish();
ROLLBACK;
