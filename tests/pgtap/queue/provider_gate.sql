-- What all pollers together observe towards a provider. (That claims respect a shut gate is among the tests of the queue.)
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(22);

\ir ../include/failure.sql

SELECT is(take_provider_tokens('unheard of', 7), 7, 'a provider without a row is not limited');
INSERT INTO provider_gate (provider) VALUES ('free');
SELECT is(take_provider_tokens('free', 7), 7, 'nor one without a bucket');
INSERT INTO provider_gate (provider, tokens, capacity, refill_per_second, refilled_at) VALUES ('slow', 10, 10, 0.001, clock_timestamp());
SELECT is(take_provider_tokens('slow', 4), 4, 'tokens are taken from the bucket');
SELECT is(take_provider_tokens('slow', 4), 4, 'in chunks');
SELECT is(take_provider_tokens('slow', 4), 2, 'until it is empty');
SELECT is(take_provider_tokens('slow', 4), 0, 'then there are none');
UPDATE provider_gate SET refilled_at = clock_timestamp() - interval '3000 s' WHERE provider = 'slow';
SELECT is(take_provider_tokens('slow', 2), 2, 'it fills with time');
SELECT is(take_provider_tokens('slow', 2), 1, 'as fast as it says');
UPDATE provider_gate SET refilled_at = clock_timestamp() - interval '1 year' WHERE provider = 'slow';
SELECT is(take_provider_tokens('slow', 100), 10, 'and no further than to its rim');
UPDATE provider_gate SET refilled_at = clock_timestamp() + interval '1 hour', tokens = 5 WHERE provider = 'slow';
SELECT is(take_provider_tokens('slow', 2), 2, 'a clock that was set back takes nothing away');
SELECT block_provider('slow', '1 min', 'asked for it'), block_provider('unheard of', '1 min', NULL) \g /dev/null
SELECT is(take_provider_tokens('slow', 1), 0, 'while the gate is shut there are none');
SELECT is(take_provider_tokens('unheard of', 1), 0, 'whether there is a bucket or not');
SELECT is((SELECT tokens FROM provider_gate WHERE provider = 'slow')::numeric(6,3), 3.000, 'and none are lost');
UPDATE provider_gate SET blocked_until = NULL;
SELECT is(take_provider_tokens('slow', 0), 0, 'nothing is granted to who wants nothing');
SELECT cmp_ok(block_provider('slow', '0', 'now'), '<=', clock_timestamp(), 'a wait of zero shuts nothing');

SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ($$ SELECT block_provider(NULL, '1 s', 'x') $$, '22004: provider must not be null; Name the provider as in job_type.provider, for example monday.'),
    ($$ SELECT block_provider('p', NULL, 'x') $$, '22023: wait must be zero or longer, not NULL; Give the time that the provider asked for. UPDATE provider_gate SET blocked_until = NULL opens a gate.'),
    ($$ SELECT block_provider('p', '-1 s', 'x') $$, '22023: wait must be zero or longer, not -00:00:01; Give the time that the provider asked for. UPDATE provider_gate SET blocked_until = NULL opens a gate.'),
    ($$ SELECT take_provider_tokens(NULL, 1) $$, '22004: provider must not be null; Name the provider as in job_type.provider, for example monday.'),
    ($$ SELECT take_provider_tokens('p', -1) $$, '22023: wanted must be zero or more, not -1; Give the number of requests that are to be made.'),
    ($$ SELECT take_provider_tokens('p', NULL) $$, '22023: wanted must be zero or more, not NULL; Give the number of requests that are to be made.')
) AS t (statement, expected);
SELECT throws_ok($$ INSERT INTO provider_gate (provider, tokens) VALUES ('half', 1) $$, '23514', NULL, 'half a bucket is refused');

SELECT * FROM finish();
ROLLBACK;
