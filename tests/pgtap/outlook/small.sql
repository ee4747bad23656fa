-- The outlook from next to nothing: an answer that says from how little it comes, and never a number that is none.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(21);

-- Everything that a run has stored is a number, and what it says of a project is all that can become of it.
CREATE FUNCTION pg_temp.is_sound() RETURNS boolean LANGUAGE sql AS $$
    SELECT NOT EXISTS (
        SELECT FROM outlook_month m, unnest(ARRAY[m.k1, m.k2, m.k3, m.l0, m.shock, m.c]) AS number
        WHERE number IN ('NaN', 'Infinity', '-Infinity') OR NOT (m.p10 <= m.p50 AND m.p50 <= m.p90 AND m.theta BETWEEN 0 AND 1))
      AND NOT EXISTS (SELECT FROM outlook_factor f WHERE NOT (f.factor > 0 AND f.factor < 'Infinity'))
      AND NOT EXISTS (SELECT FROM outlook_project p WHERE NOT (abs(p.p_won + p.lost - 1) < 1e-9 AND p.p_won BETWEEN 0 AND 1))
$$;
-- A pond builder's projects: from, to, stage.
CREATE FUNCTION pg_temp.version(pond text, from_day date, to_day date, stage text, value numeric DEFAULT 4200, created date DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, pipeline_stage, new_enquiry_value, date_created, state)
    VALUES (pond, from_day::timestamp AT TIME ZONE 'UTC', to_day::timestamp AT TIME ZONE 'UTC', gen_random_uuid(), pond, stage, value, created, 'active')
$$;
CREATE FUNCTION pg_temp.fit(moment date) RETURNS text LANGUAGE sql AS $$
    SELECT fit_outlook(moment::timestamp AT TIME ZONE 'UTC');
    SELECT format('%s: %s open, %s won, %s lost%s', state, open_count, won_count, lost_count, CASE WHEN NOT pg_temp.is_sound() THEN ', unsound' END) FROM outlook_newest_run
$$;

SAVEPOINT nothing;
SELECT is(pg_temp.fit('2022-06-01'), 'prior: 0 open, 0 won, 0 lost', 'no project at all');
SELECT is((SELECT sum(expected_value) FROM vw_outlook_monthly), 0.00, 'nothing is expected');
SELECT is((SELECT count(*) FROM vw_outlook_monthly), 72::bigint, 'of each month');
SELECT is((SELECT DISTINCT record FROM vw_outlook_monthly WHERE part = 'total'), 'from 0 wins, no record yet', 'and it says from how little');
SELECT is((SELECT p90 FROM outlook_band()), 0.00, 'the band is nothing');

SELECT pg_temp.version('koi', '2022-06-01', NULL, 'Open Enquiry', created => '2022-05-28');
SELECT is(pg_temp.fit('2022-06-20'), 'prior: 1 open, 0 won, 0 lost', 'one project');
SELECT cmp_ok((SELECT p_won FROM vw_outlook_project), '>', 0.2::double precision, 'is won as often as the prior says');
SELECT cmp_ok((SELECT p90 FROM outlook_band()), '>', 0.00, 'and worth something');
SELECT is((SELECT count(*) FROM explain_outlook('koi')), 13::bigint, 'for reasons');

SELECT pg_temp.version('newt', '2022-06-02', '2022-06-25', 'Open Enquiry');
SELECT pg_temp.version('newt', '2022-06-25', NULL, 'Lost');
SELECT is(pg_temp.fit('2022-07-01'), 'young: 1 open, 0 won, 1 lost', 'no win');
SELECT pg_temp.version('frog', '2022-06-02', '2022-06-28', 'Open Enquiry');
SELECT pg_temp.version('frog', '2022-06-28', NULL, 'Won - Closed (Invoiced)');
SELECT is(pg_temp.fit('2022-07-02'), 'young: 1 open, 1 won, 1 lost', 'one of each within a month');
SELECT is((SELECT DISTINCT record FROM vw_outlook_monthly WHERE part = 'total' AND horizon = 5), 'from 1 wins, no record yet', 'is not much');
SELECT is(pg_temp.fit('2023-05-01'), 'thin: 1 open, 1 won, 1 lost', 'nor is it a year later');

ROLLBACK TO nothing;
SELECT pg_temp.version('carp ' || n, '2022-06-05', '2022-07-10', 'Open Enquiry', 100 * n) FROM generate_series(1, 5) n;
SELECT pg_temp.version('carp ' || n, '2022-07-10', NULL, 'Won - Closed (Invoiced)', 100 * n) FROM generate_series(1, 5) n;
SELECT pg_temp.version('lily', '2022-08-01', NULL, 'Check with IS', NULL);
SELECT is(pg_temp.fit('2022-09-01'), 'young: 1 open, 5 won, 0 lost', 'no loss, and a project without value or any date');
SELECT is((SELECT expected_value FROM vw_outlook_project), 0.00, 'has a probability and no money');

ROLLBACK TO nothing;
SELECT pg_temp.version('reed ' || n, '2022-06-05', NULL, CASE n % 2 WHEN 0 THEN 'Lost' ELSE 'Won - Closed (Invoiced)' END, created => date '2021-01-01' + n) FROM generate_series(1, 30) n;
SELECT is(pg_temp.fit('2022-06-06') ~ '^(prior|young|thin|fitted): 0 open', true, 'all were closed when they were imported');
SELECT is(pg_temp.fit('2022-12-01') ~ ': 0 open, 0 won, 0 lost$', true, 'of which nothing can be learned: nobody saw them open');

ROLLBACK TO nothing;
SELECT pg_temp.version('pike', '2022-06-05', NULL, 'Open Enquiry', created => '2030-01-01');
SELECT pg_temp.version('eel', '2022-06-05', NULL, 'Open Enquiry', -250);
SELECT pg_temp.version('bream', '2022-06-05', NULL, 'Open Enquiry', created => '0044-03-15 BC');
SELECT pg_temp.version('perch', '2022-06-05', NULL, 'Open Enquiry', created => 'infinity');
SELECT is(pg_temp.fit('2022-06-20'), 'prior: 3 open, 0 won, 0 lost', 'a project that is created in the future is not open yet');
SELECT cmp_ok((SELECT p10 FROM outlook_band(project_ids => '{eel}')), '<=', 0.00, 'a credit is worth less than nothing');
SELECT is((SELECT count(*) FROM vw_outlook_project_month WHERE k1 = 'NaN'), 0::bigint, 'no number is none');
SELECT is((SELECT count(*) FROM vw_outlook_factor WHERE factor = 'NaN'), 0::bigint, 'nor a factor');

SELECT * FROM finish();
ROLLBACK;
