-- The additive columns of the outlook: what they say of sums, and that they add up over any part of the projects.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(26);

\ir ../include/failure.sql

-- Quantiles ---------------------------------------------------------------------------------------------------------------

SELECT is(outlook_quantile(0, 0, 0, 0, 0, 0.04, q), 0::double precision, format('nothing to win is nothing at %s', q))
FROM unnest(ARRAY[0.1, 0.9]) AS q;
SELECT is(outlook_quantile(3000, 2.1e7, 1.47e11, ln(0.7), 0, 0, q), 0::double precision, 'one project that is lost more often than not')
FROM unnest(ARRAY[0.5, 0.7]) AS q;
SELECT cmp_ok(outlook_quantile(3000, 2.1e7, 1.47e11, ln(0.7), 0, 0, 0.9), '>', 5000::double precision, 'is worth something once in a while');
SELECT is_empty($$
    SELECT FROM (
        SELECT q, outlook_quantile(52000, 9e8, 4e13, -18, 0, s, q / 200.0) - lag(outlook_quantile(52000, 9e8, 4e13, -18, 0, s, q / 200.0)) OVER (PARTITION BY s ORDER BY q) AS step
        FROM generate_series(1, 199) AS q, unnest(ARRAY[0, 0.04, 0.5]) AS s) o
    WHERE step < 0 $$, 'a larger q never gives less');
SELECT cmp_ok(outlook_quantile(52000, 9e8, 4e13, -18, 0, 0.2, 0.9) - outlook_quantile(52000, 9e8, 4e13, -18, 0, 0.2, 0.1), '>',
              outlook_quantile(52000, 9e8, 4e13, -18, 0, 0, 0.9) - outlook_quantile(52000, 9e8, 4e13, -18, 0, 0, 0.1),
              'what moves all projects together makes the band wider');
SELECT is_empty($$
    SELECT q FROM unnest(ARRAY[0.05, 0.25, 0.5, 0.8, 0.97]) AS q
    WHERE abs(1 - outlook_probability_at_least(52000, 9e8, 4e13, -18, 0, 0.04, outlook_quantile(52000, 9e8, 4e13, -18, 0, 0.04, q)) - q) > 1e-6 $$,
    'the probability to reach an amount is the inverse of the quantile');
SELECT is(outlook_probability_at_least(52000, 9e8, 4e13, -18, 0, 0.04, 0), 1::double precision, 'nothing is always reached');
SELECT is(outlook_quantile(52000, 9e8, 4e13, -18, 0, NULL, 0.5), NULL, 'what is unknown stays unknown');
SELECT is((SELECT round(w[1]::numeric, 4) || ' ' || round(w[2]::numeric, 4) FROM pipeline_wilson(19, 24) AS w), '0.5953 0.9076', 'an interval for 19 of 24');
SELECT is(pipeline_wilson(0, 0), '{0,1}', 'nothing tried says nothing');

-- Bands -------------------------------------------------------------------------------------------------------------------

SELECT is((SELECT count(*) FROM outlook_band()), 0::bigint, 'before the first run there is no band');
SELECT is(outlook_probability(at_least => 1), NULL, 'and no probability');

INSERT INTO projects (monday_id, item_name, account, type)
SELECT format('d%s', n), format('Depot %s', n), CASE WHEN n % 3 = 0 THEN 'Alder' ELSE 'Birch' END, CASE WHEN n % 2 = 0 THEN 'roof' ELSE 'wall' END
FROM generate_series(1, 40) AS n;
INSERT INTO outlook_run (
    as_of, source, state, step_days, version_count, open_count, won_count, lost_count, landmark_rows, exposure_cells, month_won_count,
    month_won_value, level_won, level_lost, redundancy, shock_prior, value_ratio, value_cv2, settings, input_hash, duration_ms)
SELECT moment AT TIME ZONE 'UTC', 'replay', 'thin', 28, 40, 40, 7, 0, 0, 0, 0, 0, 1, 1, 1, 0.04, 1, 0.09, '{}', 'made by hand', 0
FROM unnest(ARRAY[timestamp '2031-03-01', timestamp '2031-05-01']) AS moment;
INSERT INTO outlook_project
SELECT r.run_id, format('d%s', n), 0.05 * 12, 0, 0.4, 900 + 70 * n, array_fill(0.05::double precision, ARRAY[12]), '{0}', '{0}'
FROM outlook_run r, generate_series(1, 40) AS n;
INSERT INTO outlook_new_month
SELECT r.run_id, t.type, (date '2031-05-01' + make_interval(months => h))::date, 0.5, 600, 1e6, 3e9, -0.5, 600 * (h + 1), 1e6 * (h + 1), 3e9 * (h + 1), -0.5 * (h + 1), 0
FROM outlook_newest_run r, unnest(ARRAY['roof', 'wall']) AS t (type), generate_series(0, 11) AS h;
INSERT INTO outlook_month (run_id, month, span, part, horizon, expected_value, p10, p50, p90, k1, k2, k3, l0, neg, before_blend, shock, past_months, theta, c)
SELECT r.run_id, (timezone('UTC', r.as_of)::date + make_interval(months => h))::date, s.span, 'total', h, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
       CASE s.span WHEN 'month' THEN 0.04 + 0.01 * h ELSE 0.03 END, 5, 0.8, 1.1
FROM outlook_run r, unnest(ARRAY['month', 'cumulated']) AS s (span), generate_series(0, 11) AS h;

SELECT is((SELECT as_of FROM outlook_band()), timestamptz '2031-05-01 00:00+00', 'the newest run is the one that speaks');
SELECT is((SELECT project_count || ' ' || pipeline_value || ' ' || new_value FROM outlook_band('2031-06-01', '2031-06-01')),
          format('40 %s 1200.00', round(0.05 * 1.1 * (40 * 900 + 70 * 820), 2)), 'a month of all projects');
SELECT is((SELECT expected_value FROM outlook_band('2031-06-01', '2031-08-01')), 3 * (SELECT expected_value FROM outlook_band('2031-06-01', '2031-06-01')),
          'some months add up');
SELECT is((SELECT pipeline_value || ' ' || new_value || ' ' || s FROM outlook_band(last_month => '2031-07-01')),
          format('%s 3600.00 0.03', round(0.15 * 1.1 * (40 * 900 + 70 * 820), 2)), 'from now on the cumulated columns count');
SELECT is((SELECT s FROM outlook_band('2031-06-01', '2031-08-01')), 0.07::double precision, 'of some months the widest shock');
SELECT results_eq(
    $$ SELECT round(sum(k1)::numeric, 6), round(sum(k2)::numeric, 4), round(sum(l0)::numeric, 8), sum(project_count)
       FROM unnest(ARRAY['Alder', 'Birch']) AS a (name), outlook_band('2031-09-01', '2031-09-01', account => a.name) $$,
    $$ SELECT round(k1::numeric, 6), round(k2::numeric, 4), round(l0::numeric, 8), project_count::numeric
       FROM outlook_band('2031-09-01', '2031-09-01', project_ids => ARRAY(SELECT monday_id FROM projects)) $$, 'parts add up to the whole');
SELECT is((SELECT new_value FROM outlook_band(account => 'Alder')), 0.00, 'of new projects no account is known');
SELECT is((SELECT new_value FROM outlook_band('2031-06-01', '2031-06-01', type => 'roof')), 600.00, 'but the type is');
SELECT is((SELECT round(sum(m.k1)::numeric, 6) FROM vw_outlook_project_month m WHERE m.month = '2031-06-01'),
          (SELECT round((k1 - new_value)::numeric, 6) FROM outlook_band('2031-06-01', '2031-06-01')), 'rows by project and month add up to the same');
SELECT cmp_ok((SELECT abs(outlook_probability(last_month => '2031-07-01', at_least => b.value) - 0.25) FROM outlook_band(last_month => '2031-07-01', q => 0.75) b), '<',
              0.001::double precision, 'a target that is reached once in four');
SELECT is(pg_temp.failure(format('SELECT * FROM outlook_band(%L, %L)', '2031-04-01', '2031-06-01')),
          '22023: the outlook has no months from 2031-04-01 to 2031-06-01; It has twelve months from 2031-05 on; q is a probability.', 'months before the run');
SELECT is(pg_temp.failure('SELECT * FROM outlook_band(q => 1.5)'),
          '22023: q must be between 0 and 1, not 1.5; It has twelve months from 2031-05 on; q is a probability.', 'a q that is none');

SELECT * FROM finish();
ROLLBACK;
