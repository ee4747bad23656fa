-- The calls of a day: counted for all pollers, known by the plan, and a share of them left to reading.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(17);

CREATE FUNCTION pg_temp.reserve(calls integer, left_to_others double precision) RETURNS interval LANGUAGE sql AS $$
    SELECT reserve_provider_tokens('{monday}', ARRAY[calls], left_to_others)
$$;
CREATE FUNCTION pg_temp.today() RETURNS text LANGUAGE sql AS $$
    SELECT format('%s of %s', used_today, day_quota) FROM provider_limits WHERE provider = 'monday'
$$;

SELECT is(pg_temp.today(), '0 of ', 'nothing is used, and nobody knows the plan');
SELECT is(pg_temp.reserve(1, 0.25), interval '0', 'which is no limit');
SELECT is(pg_temp.today(), '1 of ', 'but is counted');

-- The plan, by the calls that it allows a minute.
SELECT is((SELECT day_quota FROM (SELECT set_provider_quota('monday', minute, '1 minute')) s,
              LATERAL (SELECT day_quota_of_plan('monday', minute, '1 minute')) AS q (day_quota)), day, format('%s a minute', minute))
FROM (VALUES (1000, 1000::bigint), (2500, 10000), (5000, 25000)) AS plan (minute, day);
SELECT set_provider_quota('monday', 1000, '1 minute') IS NULL AS set \gset
SELECT is(pg_temp.today(), '1 of 1000', 'is known from then on');
SELECT set_provider_quota('monday complexity', 1000000, '1 minute') IS NULL AS set \gset
SELECT is((SELECT day_quota FROM provider_limits WHERE provider = 'monday complexity'), NULL, 'complexity has no day');

-- A share for others.
UPDATE provider_gate SET day_used = 749 WHERE provider = 'monday';
SELECT is(pg_temp.reserve(1, 0.25), interval '0', 'up to its share');
SELECT ok(pg_temp.reserve(1, 0.25) BETWEEN interval '0' AND interval '1 day' AND pg_temp.reserve(1, 0.25) > interval '0', 'not beyond, until midnight UTC');
SELECT is(pg_temp.today(), '750 of 1000', 'and nothing is counted');
SELECT is(pg_temp.reserve(1, 0), interval '0', 'what is urgent goes on');
UPDATE provider_gate SET day_used = 1000 WHERE provider = 'monday';
SELECT is(pg_temp.reserve(1, 0), interval '0', 'as long as monday.com itself answers');
SELECT ok((SELECT used_up_until > now() FROM provider_limits WHERE provider = 'monday'), 'and it is said that the day is used up');
UPDATE provider_gate SET day = day - 1 WHERE provider = 'monday';
SELECT is(pg_temp.today(), '0 of 1000', 'a new day is a new count');

-- As set.
SELECT configure_pipeline('monday_daily_calls', '40') IS NULL AS set \gset
SELECT is(pg_temp.today(), '0 of 40', 'a setting counts more than the plan');
SELECT is(pg_temp.reserve(30, 0.25), interval '0', 'for the share, too');

SELECT * FROM finish();
ROLLBACK;
