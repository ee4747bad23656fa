-- The backtest by segment: attributes are those of the day of the forecast, and a segment has rows only where it has a
-- forecast or an invoice.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(10);

-- A project that changes hands in June 2024, forecast for May and for August, and invoiced in both; one that nobody
-- forecast; both somewhere else today.
INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, account, category, new_enquiry_value, probability_percent, follow_up_date, state)
SELECT project, since::date, until::date, gen_random_uuid(), 'P', account, category, 1000, 40, due::date, 'active'
FROM (VALUES
    ('mover', '2024-03-01', '2024-05-20', 'North', 'Sea', '2024-05-10'),
    ('mover', '2024-05-20', '2024-06-20', 'North', 'Sea', '2024-08-10'),
    ('mover', '2024-06-20', NULL, 'South', 'Land', '2024-08-10')) AS t (project, since, until, account, category, due);
INSERT INTO projects (monday_id, item_name, account, category) VALUES ('mover', 'P', 'Today', 'Now'), ('surprise', 'P', 'Today', 'Now');
DELETE FROM project_history WHERE valid_from > '2025-01-01';
INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced) VALUES
    ('s1', 'S', 'mover', '2024-05-11', 300), ('s2', 'S', 'mover', '2024-08-12', 350), ('s3', 'S', 'surprise', '2024-08-20', 70);
SELECT create_pipeline_forecast_snapshot(day::date) FROM unnest(ARRAY['2024-04-30', '2024-05-31', '2024-06-30', '2024-07-31']) AS day \g /dev/null

CREATE FUNCTION pg_temp.by(wanted text, replay boolean) RETURNS TABLE(value text, horizon integer, month date, forecasts bigint, expected numeric, actual numeric)
LANGUAGE sql AS $$
    SELECT b.segment_value, b.horizon, b.forecast_month, b.forecast_count, b.expected_value, b.actual_value
    FROM forecast_backtest(4, 1, 1.0, replay, '2024-08-01') b
    WHERE b.segment = wanted AND b.horizon IN (1, 3) AND b.forecast_month IS NOT NULL
$$;
SELECT results_eq($$ SELECT * FROM pg_temp.by('account', false) $$,
    $$ VALUES ('North', 1, date '2024-05-01', 1::bigint, 400.00, 300.00), ('North', 3, '2024-08-01', 1, 400.00, 350.00),
              ('South', 1, '2024-08-01', 1, 400.00, 350.00), ('Today', 1, '2024-08-01', 0, 0, 70.00), ('Today', 3, '2024-08-01', 0, 0, 70.00) $$,
    'a forecast stands with the account of its day; what no snapshot knew stands with that of today');
SELECT results_eq($$ SELECT value, horizon, month, expected FROM pg_temp.by('category', false) WHERE value <> 'Now' $$,
    $$ VALUES ('Land', 1, date '2024-08-01', 400.00), ('Sea', 1, '2024-05-01', 400.00), ('Sea', 3, '2024-08-01', 400.00) $$, 'and with the category');
SELECT results_eq($$ SELECT * FROM pg_temp.by('account', true) $$, $$ SELECT * FROM pg_temp.by('account', false) $$, 'replayed from history it is the same');

-- Naive lines of an account: what was invoiced to it while it was that account. In August the mean of South's 12 months
-- before is that of the months since the first invoice of all: nothing.
SELECT is((b.naive_last_month, b.naive_mean)::text, '(0,0.00)', 'what was invoiced before belongs to the former account')
FROM forecast_backtest(4, last_month => '2024-08-01') b WHERE b.segment_value = 'South' AND b.horizon = 1 AND b.forecast_month = '2024-08-01';
SELECT is((b.naive_last_month, b.naive_mean)::text, '(300.00,300.00)', 'which has it')
FROM forecast_backtest(4, last_month => '2024-08-01') b WHERE b.segment_value = 'North' AND b.horizon = 3 AND b.forecast_month = '2024-08-01';
-- North has no row in August at horizon 1: only months with a row count for its skill.
SELECT is((b.month_count, b.actual_value)::text, '(1,300.00)', 'over all, a segment is measured in its own months')
FROM forecast_backtest(4, last_month => '2024-08-01') b WHERE b.segment_value = 'North' AND b.horizon = 1 AND b.forecast_month IS NULL;

-- As many rows as there are forecasts and invoices, however many accounts and months.
SELECT count(*) AS before FROM forecast_backtest(24, last_month => '2024-08-01') WHERE segment = 'account' \gset
INSERT INTO projects (monday_id, item_name, account) SELECT 'p' || n, 'P', 'Account ' || n FROM generate_series(1, 300) AS n;
INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced)
SELECT 'i' || n, 'S', 'p' || n, date '2024-07-01' + n % 28, 5 FROM generate_series(1, 300) AS n;
SELECT is((SELECT count(*) FROM forecast_backtest(24, last_month => '2024-08-01') WHERE segment = 'account'), :before + 300 * 3 * 2::bigint,
    'an account with one invoice has a row at each of the three horizons, and their sums');
SELECT is((SELECT count(*) FROM forecast_backtest(24, last_month => '2024-08-01') WHERE segment = 'total' AND horizon = 1), 5::bigint,
    'the total has one for each month that a snapshot reaches');

-- Where history begins is asked once, however many months and horizons.
CREATE FUNCTION pg_temp.scans(months integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := pg_stat_get_xact_numscans('project_history'::regclass) + pg_stat_get_xact_numscans('project_history_pkey'::regclass);
BEGIN
    PERFORM count(*) FROM backtest_origins(months, 1, true, '2024-08-01');
    RETURN pg_stat_get_xact_numscans('project_history'::regclass) + pg_stat_get_xact_numscans('project_history_pkey'::regclass) - before;
END $$;
SELECT is(pg_temp.scans(1), 1::bigint, 'history is scanned once for a month');
SELECT is(pg_temp.scans(24), 1::bigint, 'and once for 24');

SELECT * FROM finish();
ROLLBACK;
