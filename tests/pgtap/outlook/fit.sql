-- A run of the outlook: what it reads, what it stores, and that the same moment is the same run whatever came later.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(34);

\ir ../include/failure.sql

-- A roofer's past of three years, version by version: each order is asked for, offered, and won or lost in turn.
CREATE FUNCTION pg_temp.tell(first_day date, enquiries integer, every_days integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, type, sales_representative, pipeline_stage,
                                 new_enquiry_value, probability_percent, date_created, expected_start_date, state)
    SELECT format('roof-%s', n), v.from_day::timestamp AT TIME ZONE 'UTC', v.to_day::timestamp AT TIME ZONE 'UTC', gen_random_uuid(), format('Roof %s', n),
           CASE n % 3 WHEN 0 THEN 'Schiefer' WHEN 1 THEN 'Ziegel' END, CASE n % 2 WHEN 0 THEN 'Ilse' ELSE 'Ole' END, v.stage,
           2000 + 137 * (n % 29), CASE WHEN n % 4 = 0 THEN 70 ELSE 30 END, asked.day, asked.day + 60, 'active'
    FROM generate_series(1, enquiries) AS n
    CROSS JOIN LATERAL (SELECT first_day + every_days * n AS day, 20 + 7 * (n % 9) AS life) asked
    CROSS JOIN LATERAL (VALUES
        (asked.day, asked.day + 10, 'Open Enquiry'),
        (asked.day + 10, asked.day + asked.life, 'Customer Confident Of Project Success'),
        (asked.day + asked.life, NULL, CASE WHEN n % 5 IN (0, 3) THEN 'Won - Closed (Invoiced)' ELSE 'Lost' END)) AS v (from_day, to_day, stage)
$$;
SELECT pg_temp.tell('2021-01-03', 330, 3);

CREATE FUNCTION pg_temp.rows_of(run integer) RETURNS TABLE(relation text, line text) LANGUAGE sql AS $$
    SELECT 'run', (to_jsonb(r) - '{run_id,created_at,duration_ms,input_hash}'::text[])::text FROM outlook_run r WHERE r.run_id = run
    UNION ALL SELECT 'factor', (to_jsonb(f) - 'run_id')::text FROM outlook_factor f WHERE f.run_id = run
    UNION ALL SELECT 'project', (to_jsonb(p) - 'run_id')::text FROM outlook_project p WHERE p.run_id = run
    UNION ALL SELECT 'new', (to_jsonb(n) - 'run_id')::text FROM outlook_new_month n WHERE n.run_id = run
    UNION ALL SELECT 'month', (to_jsonb(m) - 'run_id')::text FROM outlook_month m WHERE m.run_id = run
$$;

SELECT fit_outlook('2023-03-01 00:00+00') AS march \gset
SELECT results_eq('SELECT source, state, open_count > 5, won_count > 80, lost_count > 120 FROM outlook_run',
                  $$ VALUES ('replay', 'fitted', true, true, true) $$, 'a run of the past knows what had ended by then');
SELECT is((SELECT count(*) FROM outlook_month), 72::bigint, 'it says of twelve months and two spans what comes of which part');
SELECT is_empty('SELECT FROM outlook_month WHERE NOT (p10 <= p50 AND p50 <= p90)', 'with bands in order');
SELECT is_empty(
    $$ SELECT FROM outlook_month t JOIN (SELECT span, month, sum(k1) AS k1, sum(k2) AS k2, sum(l0) AS l0 FROM outlook_month WHERE part <> 'total' GROUP BY 1, 2) s USING (span, month)
       WHERE t.part = 'total' AND (abs(t.k1 - s.k1) > 1e-9 * abs(t.k1) OR abs(t.k2 - s.k2) > 1e-9 * abs(t.k2) OR abs(t.l0 - s.l0) > 1e-9 * abs(t.l0)) $$,
    'its parts add up');
SELECT is_empty(
    $$ SELECT FROM outlook_month t JOIN (SELECT month, sum(k1) AS k1, sum(k2) AS k2, sum(k3) AS k3, sum(ck1) AS ck1, sum(cl0) AS cl0 FROM outlook_project_month GROUP BY 1) s USING (month)
       JOIN outlook_month c USING (month, part)
       WHERE t.part = 'pipeline' AND t.span = 'month' AND c.span = 'cumulated'
         AND (abs(t.k1 - s.k1) > 1e-9 * abs(t.k1) OR abs(t.k2 - s.k2) > 1e-9 * abs(t.k2) OR abs(t.k3 - s.k3) > 1e-9 * abs(t.k3)
              OR abs(c.k1 - s.ck1) > 1e-9 * abs(c.k1) OR abs(c.l0 - s.cl0) > 1e-9 * abs(c.l0)) $$,
    'and so do its projects');
SELECT is_empty('SELECT FROM outlook_project WHERE abs(p_won + lost - 1) > 1e-9 OR abs((SELECT sum(m) FROM unnest(months) m) + later - p_won) > 1e-9', 'a project is won in some month, later, or not');
SELECT is((SELECT count(DISTINCT factor_name) >= 8 FROM vw_outlook_factor), true, 'what was learned is told');
SELECT is((SELECT count(*) FROM vw_outlook_factor WHERE factor_name = 'type' AND group_name IN ('Schiefer', 'Ziegel', '(none)')), 6::bigint, 'by the names of the groups');

-- Explanation
SELECT project_id AS anybody FROM outlook_project ORDER BY project_id LIMIT 1 \gset
SELECT is((SELECT count(*) FROM explain_outlook(:'anybody')), 13::bigint, 'a probability is explained in thirteen steps');
SELECT cmp_ok((SELECT abs(sum(e.log_odds) - (SELECT ln(p_won / (1 - p_won)) FROM outlook_project WHERE project_id = :'anybody')) FROM explain_outlook(:'anybody') e), '<',
              1e-9::double precision, 'which add up to it');
SELECT results_eq(format('SELECT reason, group_name FROM explain_outlook(%L) WHERE reason IN (%L, %L)', :'anybody', 'stage', 'owner'),
                  format($$ SELECT 'stage', pipeline_stage FROM project_history WHERE project_id = %1$L AND valid_from <= '2023-03-01' AND valid_to > '2023-03-01'
                            UNION ALL SELECT 'owner', sales_representative FROM project_history WHERE project_id = %1$L AND valid_to IS NULL $$, :'anybody'),
                  'with the groups that the project was in');
SELECT is(pg_temp.failure('SELECT * FROM explain_outlook(''nobody'')'),
          'P0002: unknown project "nobody"; Name the monday_id of an active project; archived and deleted projects are not analysed.', 'nobody knows the project');

-- Calibration: of 330 projects every second was Ilse's, of five two were won.
SELECT results_eq($$ SELECT group_name, won_count < ended_count / 2, won_low < won_share AND won_share < won_high, ended_count > 80, stated_probability BETWEEN 0.3 AND 0.7
                     FROM vw_calibration WHERE factor_name = 'owner' ORDER BY 1 $$, $$ VALUES ('Ilse', true, true, true, true), ('Ole', true, true, true, true) $$, 'who is right how often');
SELECT results_eq($$ SELECT group_name FROM vw_calibration WHERE factor_name = 'stated percent' ORDER BY 1 $$, $$ VALUES ('30 %'), ('70 %') $$, 'and which number');
SELECT is((SELECT sum(ended_count) FROM vw_calibration WHERE factor_name = 'stage'), (SELECT (won_count + lost_count)::numeric FROM vw_outlook_run), 'everything that has ended is counted once');

-- The same moment again
SELECT is(fit_outlook('2023-03-01 00:00+00'), :march, 'the same moment is the same run');
SELECT is((SELECT count(*) FROM outlook_run), 1::bigint, 'which is not stored again');
SELECT fit_outlook('2023-04-01 00:00+00') AS april \gset
CREATE TEMP TABLE was AS SELECT * FROM pg_temp.rows_of(:march);
INSERT INTO project_history (project_id, valid_from, project_uuid, item_name, pipeline_stage, new_enquiry_value, total_order_value, date_order_received, state)
SELECT format('planted-%s', n), timestamptz '2023-03-01 00:00:01+00' + n * interval '1 day', gen_random_uuid(), 'Later', 'Won - Closed (Invoiced)', 9e6, 9e6, date '2023-03-02' + n, 'active'
FROM generate_series(1, 30) AS n;
SELECT is(fit_outlook('2023-03-01 00:00+00'), :march, 'nothing that came later changes it');
DELETE FROM outlook_run WHERE run_id = :march;
DELETE FROM outlook_factor WHERE run_id = :march;
DELETE FROM outlook_project WHERE run_id = :march;
DELETE FROM outlook_new_month WHERE run_id = :march;
DELETE FROM outlook_month WHERE run_id = :march;
DELETE FROM outlook_record WHERE run_id = :march;
SELECT fit_outlook('2023-03-01 00:00+00') AS again \gset
SELECT isnt(:again, :march, 'computed once more');
SELECT results_eq(format('SELECT * FROM pg_temp.rows_of(%s) ORDER BY 1, 2', :again), 'SELECT * FROM was ORDER BY 1, 2', 'it has the same rows to the last bit');
SELECT fit_outlook('2023-04-01 00:00+00') AS april_again \gset
SELECT isnt(:april_again, :april, 'over a history that was added to it is another run');
SELECT is((SELECT count(*) FROM outlook_month WHERE run_id = :april), 72::bigint, 'and the former stays');

-- The record
SELECT results_eq('SELECT run_id, count(*), min(month), max(month), bool_and(actual > 9e6) FROM outlook_record WHERE span = ''month'' GROUP BY 1',
                  format($$ VALUES (%s, 1::bigint, date '2023-03-01', date '2023-03-01', true) $$, :again), 'a month that is over is judged by what was won in it');
SELECT is((SELECT bool_or(held) FROM vw_outlook_record), false, 'no band reached as far');
SELECT results_eq('SELECT span, horizon, judged_count, held_count, better FROM vw_outlook_accuracy ORDER BY 1',
                  $$ VALUES ('cumulated', 0::smallint, 1::bigint, 0::bigint, 'neither'), ('month', 0::smallint, 1::bigint, 0::bigint, 'neither') $$, 'held none of one');
SELECT is((SELECT record FROM vw_outlook_monthly WHERE span = 'month' AND part = 'total' AND horizon = 0), 'held 0 of 1', 'as the next band says of itself');
SELECT alike((SELECT record FROM vw_outlook_monthly WHERE span = 'month' AND part = 'total' AND horizon = 3), 'from % wins, no record yet', 'of farther months nothing is known yet');
SELECT is((SELECT bool_and(naive_last_month IS NOT NULL AND naive_mean IS NOT NULL AND v1_value IS NOT NULL) FROM vw_outlook_monthly WHERE part = 'total'), true, 'other lines stand beside it');

-- Retention
UPDATE outlook_run SET created_at = now() - interval '100 days';
SELECT fit_outlook('2023-03-15 12:00+00') \g /dev/null
UPDATE outlook_run SET created_at = now() - interval '100 days' WHERE as_of = '2023-03-15 12:00+00';
SELECT is(pipeline_data.remove_expired_outlook(), 2, 'a run within a month goes, and one that another has taken the place of');
SELECT results_eq('SELECT run_id FROM outlook_run ORDER BY 1', format('VALUES (%s), (%s)', :again, :april_again), 'month starts stay');
SELECT is((SELECT count(*) FROM outlook_project p WHERE NOT EXISTS (SELECT FROM outlook_run r WHERE r.run_id = p.run_id)), 0::bigint, 'with all their rows');

-- Refused
SELECT is(pg_temp.failure('SELECT fit_outlook(NULL)'), '22004: as_of must not be null; Name a moment in the past, or leave as_of out for now.', 'no moment');
SELECT is(pg_temp.failure('SELECT fit_outlook(''infinity'')'), '22023: the outlook cannot be fitted as of infinity; Name a moment in the past, or leave as_of out for now.', 'no moment either');
SELECT is((SELECT format('%s: %s', state, detail) FROM pipeline_checks() WHERE check_name = 'outlook'), 'warn: the newest run is of 2023-04-01', 'a check tells how old the newest is');

SELECT * FROM finish();
ROLLBACK;
