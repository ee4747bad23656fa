-- The backtest on made-up years whose truth is known: it has to report what was planted.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(21);

SELECT setseed(0.2024);

-- 12 months of 2024, 300 projects each, every one forecast at 1,000 with a band of 40 % to either side, from 11
-- months ahead on. What comes is drawn by the caller: a share of the forecast, or nothing.
CREATE TABLE truth AS
SELECT format('P%s-%s', m, n) AS project_id, make_date(2024, m, 1) AS month, m, n, random() AS u
FROM generate_series(1, 12) AS m, generate_series(1, 300) AS n;
INSERT INTO projects (monday_id, item_name, account, category)
SELECT project_id, 'P', 'Account ' || n % 3, 'Category ' || n % 2 FROM truth;
SELECT snapshot_partition(day::date) FROM generate_series(timestamp '2023-02-28', '2024-11-30', '1 day') AS day \g /dev/null
INSERT INTO pipeline_forecast_snapshot_day (snapshot_date, source, row_count)
SELECT (make_date(2024, m, 1) - make_interval(months => h - 1))::date - 1, 'live', 300 FROM generate_series(1, 12) m, generate_series(1, 11) h
ON CONFLICT DO NOTHING;
INSERT INTO pipeline_forecast_snapshot (snapshot_date, project_id, forecast_month, stage_bucket, contract_value, probability,
                                        committed_value, expected_value, best_case_value, worst_case_value)
SELECT (t.month - make_interval(months => h - 1))::date - 1, t.project_id, t.month, 'Open', 2000, 0.5, 0, 1000, 1400, 600
FROM truth t, generate_series(1, 11) AS h;
ANALYZE pipeline_forecast_snapshot, pipeline_forecast_snapshot_day, projects;

CREATE FUNCTION pg_temp.invoice(share text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM subitems;
    EXECUTE format(
        'INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced)
         SELECT project_id, ''S'', project_id, month + n %% 28, 1000 * (%s) FROM truth WHERE (%s) <> 0', share, share);
    DELETE FROM subitems WHERE amount_invoiced = 0;
    ANALYZE subitems;
END $$;
CREATE FUNCTION pg_temp.figure(horizon integer) RETURNS forecast_backtest_row LANGUAGE sql AS $$
    -- The total alone; forecast_backtest() is the same with segments.
    SELECT b FROM backtest_rows(12, 1, 1.0, false, '2024-12-01', false) b WHERE b.horizon = $1 AND b.forecast_month IS NULL
$$;
CREATE FUNCTION pg_temp.findings() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(DISTINCT finding, ' ' ORDER BY finding) FROM forecast_backtest_recommendations(12, last_month => '2024-12-01')
$$;

-- A bias of +20 %: of every 1.20 forecast 1.00 comes, evenly drawn from half to one and a half times that.
SELECT pg_temp.invoice('(0.5 + u) / 1.2');
SELECT cmp_ok(abs(r.bias - 0.20), '<', 0.01, format('a planted bias of +20 %% is reported: %s', r.bias)) FROM pg_temp.figure(1) r;
SELECT cmp_ok(abs(r.bias - 0.20), '<', 0.01, 'eleven months ahead too') FROM pg_temp.figure(11) r;
SELECT is(pg_temp.findings(), 'forecast_too_high', 'and found');
SELECT is((SELECT count(*) FROM forecast_backtest(12, last_month => '2024-12-01')
           WHERE segment IN ('account', 'category') AND forecast_month IS NULL AND abs(bias - 0.20) < 0.03), 55::bigint, 'in every segment');

-- A spread: actuals drawn evenly from 50 % to 150 % leave a band of 40 % every fifth time.
SELECT pg_temp.invoice('0.5 + u');
SELECT cmp_ok(abs(r.project_coverage - 0.80), '<', 0.01, format('a planted coverage of 80 %% is reported: %s', r.project_coverage)) FROM pg_temp.figure(1) r;
SELECT cmp_ok(abs(r.bias), '<', 0.01, 'without bias') FROM pg_temp.figure(1) r;
SELECT cmp_ok(abs(r.wape - 0.25), '<', 0.01, format('and with the error that was planted: %s', r.wape)) FROM pg_temp.figure(1) r;
SELECT is(r.month_coverage, 1.000000, 'the total of a month stays within the sum of the bands') FROM pg_temp.figure(1) r;
SELECT is(pg_temp.findings(), 'nothing_to_change', 'nothing is found where nothing is wrong');
SELECT pg_temp.invoice('0.98 + 0.04 * u');
SELECT is(pg_temp.findings(), 'project_bands_too_wide', 'bands that always hold are too wide');
SELECT pg_temp.invoice('CASE WHEN u < 0.5 THEN 0.1 ELSE 1.9 END');
SELECT is(pg_temp.findings(), 'project_bands_too_narrow', 'bands that never hold are too narrow');
SELECT is(r.project_coverage, 0.000000, 'none of them held') FROM pg_temp.figure(1) r;

-- False alarms: every third project never comes, the others come exactly as forecast. Joined on the invoices alone,
-- the forecast would look perfect.
SELECT pg_temp.invoice('CASE WHEN n % 3 = 0 THEN 0 ELSE 1 END');
SELECT is((r.false_alarm_count, r.actual_count, r.matched_count)::text, '(1200,2400,2400)', 'false alarms are counted') FROM pg_temp.figure(1) r;
SELECT cmp_ok(abs(r.bias - 0.5), '<', 0.001, 'and their money is an error') FROM pg_temp.figure(1) r;
SELECT is((SELECT sum(abs(s.expected_value - i.amount_invoiced))
           FROM subitems i JOIN pipeline_forecast_snapshot s ON s.project_id = i.parent_monday_id
           WHERE s.snapshot_date = (s.forecast_month - 1)), 0.00, 'which a join on the invoices does not see');

-- Wrong months: everything comes a month late.
UPDATE truth SET month = (month + interval '1 month')::date;
SELECT pg_temp.invoice('1');
SELECT is((r.false_alarm_count, r.other_month_count, r.matched_count)::text, '(3600,3300,0)', 'what came in another month is both a false alarm and unmatched')
FROM pg_temp.figure(2) r;
UPDATE truth SET month = (month - interval '1 month')::date;

-- Naive lines. Revenue grows every month, and so does the forecast in the first case; in the second the forecast knows
-- nothing: months in the wrong order.
SELECT pg_temp.invoice('m / 10.0');
UPDATE pipeline_forecast_snapshot SET expected_value = 100 * extract(month FROM forecast_month);
SELECT is((r.skill_last_month, r.skill_mean)::text, '(1.000000,1.000000)', 'a perfect forecast has skill 1') FROM pg_temp.figure(1) r;
UPDATE pipeline_forecast_snapshot SET expected_value = 100 * (13 - extract(month FROM forecast_month));
SELECT cmp_ok(greatest(r.skill_last_month, r.skill_mean), '<=', 0::numeric,
              format('a useless one has none: %s and %s', r.skill_last_month, r.skill_mean)) FROM pg_temp.figure(1) r;
UPDATE pipeline_forecast_snapshot SET expected_value = 100 * (extract(month FROM forecast_month) - 1);
SELECT is(r.skill_last_month, 0.000000, 'one that repeats the last month is worth as much as that line') FROM pg_temp.figure(1) r;
SELECT cmp_ok(r.skill_mean, '>', 0::numeric, 'and better than the mean of a series that grows') FROM pg_temp.figure(1) r;
-- The same month last year, known from an invoice a year ago.
INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced)
SELECT 'before ' || m, 'S', 'P1-1', make_date(2023, m, 15), 30000 * m FROM generate_series(1, 12) m;
SELECT is((r.naive_last_year, r.naive_mean)::text, '(150000.00,195000.00)', 'naive lines of May: a year ago, and the mean of the last 12 months')
FROM forecast_backtest(12, last_month => '2024-12-01') r
WHERE segment = 'total' AND horizon = 1 AND forecast_month = '2024-05-01';

SELECT * FROM finish();
ROLLBACK;
