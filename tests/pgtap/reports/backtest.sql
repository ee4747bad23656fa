-- The backtest by hand: joins both ways, horizons, naive lines, what it says, and what it refuses.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(45);

\ir ../include/failure.sql

-- Nothing to test.
SELECT is_empty('SELECT FROM forecast_backtest()', 'without snapshots there is nothing to test');
SELECT is(forecast_backtest_report(), E'# Forecast backtest\n\n## Recommendations\n\n- No snapshot is old enough to be compared with a complete month: let the daily snapshot run, or test history with replay => true.\n',
          'and the report says what to do');
SELECT results_eq('SELECT horizon, finding FROM forecast_backtest_recommendations()', $$ VALUES (NULL::integer, 'nothing_to_test') $$,
                  'and so do the recommendations');

-- What is refused.
SELECT is(pg_temp.failure('SELECT FROM forecast_backtest(' || arguments || ')'), expected, arguments)
FROM (VALUES
    ('0', '22023: months_back must be between 1 and 120, not 0; It is the number of complete months to test.'),
    ('121', '22023: months_back must be between 1 and 120, not 121; It is the number of complete months to test.'),
    ('NULL', '22023: months_back must be between 1 and 120, not NULL; It is the number of complete months to test.'),
    ('6, -1', '22023: snapshot_lag_days must be between 0 and 366, not -1; It is how many days before a month its forecast has to exist.'),
    ('6, 1, -0.01', '22023: minimum_actual must be between 0 and 10^12, not -0.01; Smaller amounts, invoiced to a project in a month, count as nothing.'),
    ('6, 1, ''NaN''', '22023: minimum_actual must be between 0 and 10^12, not NaN; Smaller amounts, invoiced to a project in a month, count as nothing.')
) AS t (arguments, expected);
SELECT is(pg_temp.failure('SELECT forecast_backtest_report(0)'),
          '22023: months_back must be between 1 and 120, not 0; It is the number of complete months to test.', 'the report refuses the same');

-- Forecasts of 30 April, 31 May and 20 June 2024; invoices of May, June and July.
CREATE FUNCTION pg_temp.snapshot(day date, project text, month date, expected numeric, worst numeric, best numeric,
                                 bucket text DEFAULT 'Open') RETURNS void LANGUAGE sql AS $$
    SELECT snapshot_partition(day);
    INSERT INTO pipeline_forecast_snapshot_day (snapshot_date, source, row_count) VALUES (day, 'live', 0) ON CONFLICT DO NOTHING;
    INSERT INTO pipeline_forecast_snapshot (snapshot_date, project_id, forecast_month, stage_bucket, contract_value, probability,
                                            committed_value, expected_value, best_case_value, worst_case_value)
    VALUES (day, project, month, bucket, 1000, 0.5, CASE bucket WHEN 'Committed' THEN expected ELSE 0 END, expected, best, worst);
$$;
SELECT count(pg_temp.snapshot(day::date, project, month::date, expected, worst, best, bucket)) FROM (VALUES
    ('2024-04-30', 'right', '2024-05-01', 100, 80, 120, 'Open'),
    ('2024-04-30', 'alarm', '2024-05-01', 50, 10, 90, 'Open'),
    ('2024-04-30', 'late', '2024-05-01', 40, 40, 40, 'Committed'),
    ('2024-04-30', 'lost', '2024-05-01', 0, 0, 0, 'Lost'),
    ('2024-04-30', 'far', '2025-04-01', 500, 400, 600, 'Open'),
    ('2024-05-31', 'late', '2024-06-01', 40, 40, 40, 'Committed'),
    ('2024-05-31', 'right', '2024-07-01', 200, 150, 250, 'Open'),
    ('2024-06-20', 'right', '2024-07-01', 210, 150, 250, 'Open')
) AS t (day, project, month, expected, worst, best, bucket) \g /dev/null
INSERT INTO projects (monday_id, item_name, account, category) VALUES
    ('right', 'R', 'Acme', 'Health'), ('alarm', 'A', 'Acme', 'Retail'), ('late', 'L', ' ', NULL), ('surprise', 'S', 'Umbrella', 'Health');
INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced) VALUES
    ('1', 'S', 'right', '2024-05-31', 130), ('2', 'S', 'right', '2024-05-02', -20), ('3', 'S', 'late', '2024-06-01', 40),
    ('4', 'S', 'surprise', '2024-06-30', 60), ('5', 'S', 'right', '2024-07-15', 200), ('6', 'S', 'alarm', '2024-06-10', 0.99);

CREATE FUNCTION pg_temp.row_of(horizon integer, month date, segment text DEFAULT 'total', value text DEFAULT '(all)', lag integer DEFAULT 1)
RETURNS forecast_backtest_row LANGUAGE sql AS $$
    SELECT b FROM forecast_backtest(3, lag, last_month => '2024-07-20') b
    WHERE b.horizon = $1 AND b.forecast_month IS NOT DISTINCT FROM $2 AND b.segment = $3 AND b.segment_value = $4
$$;
CREATE FUNCTION pg_temp.counts(r forecast_backtest_row) RETURNS text LANGUAGE sql AS $$
    SELECT format('projects %s forecast %s actual %s matched %s other month %s false alarms %s in band %s',
        r.project_count, r.forecast_count, r.actual_count, r.matched_count, r.other_month_count, r.false_alarm_count, r.in_band_count)
$$;

-- May, forecast at the end of April: 110 came of 100, nothing of the alarm and of what was late.
SELECT is(pg_temp.counts(pg_temp.row_of(1, '2024-05-01')),
    'projects 3 forecast 3 actual 1 matched 1 other month 0 false alarms 2 in band 1',
    'a forecast that did not come is a false alarm; nothing forecast and nothing invoiced is no project');
SELECT is((r.actual_value, r.expected_value, r.committed_value, r.worst_case_value, r.best_case_value)::text,
          '(110.00,190.00,40.00,130.00,250.00)', 'the money of a month, credit notes net')
FROM pg_temp.row_of(1, '2024-05-01') r;
SELECT is((r.absolute_error, r.committed_absolute_error, r.monthly_error)::text, '(100.00,150.00,80.00)', 'errors by project and by month')
FROM pg_temp.row_of(1, '2024-05-01') r;
SELECT is((r.wape, r.committed_wape, r.monthly_wape, r.bias, r.project_coverage, r.month_coverage, r.match_rate)::text,
          '(0.909091,1.363636,0.727273,0.727273,0.333333,0.000000,1.000000)', 'measures of a month')
FROM pg_temp.row_of(1, '2024-05-01') r;

-- June: what was late came, and something nobody had forecast.
SELECT is(pg_temp.counts(pg_temp.row_of(1, '2024-06-01')),
    'projects 2 forecast 1 actual 2 matched 1 other month 0 false alarms 0 in band 1', 'what was not forecast counts too');
SELECT is((r.actual_value, r.unforeseen_value, r.expected_value, r.match_rate, r.snapshot_date)::text, '(100.00,60.00,40.00,0.500000,2024-05-31)',
          'and its money; an amount below the minimum is left out')
FROM pg_temp.row_of(1, '2024-06-01') r;
SELECT is(pg_temp.counts(pg_temp.row_of(2, '2024-06-01')),
    'projects 2 forecast 0 actual 2 matched 0 other month 1 false alarms 0 in band 0',
    'two months ahead one of them was forecast for another month');

-- July: the newest snapshot before it is of 20 June.
SELECT is((r.snapshot_date, r.expected_value, r.actual_value, r.naive_last_month, r.naive_last_year, r.naive_mean)::text,
          '(2024-06-20,210.00,200.00,110.00,,110.00)', 'a naive line knows only what was complete when the forecast was made')
FROM pg_temp.row_of(1, '2024-07-01') r;
SELECT is((r.snapshot_date, r.expected_value, r.naive_last_month, r.naive_mean)::text, '(2024-05-31,200.00,110.00,110.00)', 'horizon 2 is a month earlier')
FROM pg_temp.row_of(2, '2024-07-01') r;
SELECT is((r.snapshot_date, r.expected_value, r.naive_last_month)::text, '(2024-04-30,0,)', 'before the first invoice there is no naive line')
FROM pg_temp.row_of(3, '2024-07-01') r;
SELECT is((r.snapshot_date, r.expected_value)::text, '(2024-05-31,40.00)', 'with a lag the forecast has to be older')
FROM pg_temp.row_of(1, '2024-06-01', lag => 1) r;
SELECT is((r.snapshot_date, r.expected_value)::text, '(2024-04-30,0)', 'a snapshot within the lag does not count')
FROM pg_temp.row_of(1, '2024-06-01', lag => 2) r;
SELECT is((SELECT array_agg(DISTINCT horizon ORDER BY horizon) FROM forecast_backtest(3, 1, last_month => '2024-07-01')), '{1,2,3}',
          'horizons reach as far as snapshots do');
SELECT is_empty($$ SELECT FROM forecast_backtest(1, 1, last_month => '2025-05-01') WHERE horizon = 12 $$,
                'a snapshot whose 12 months do not reach the month is no forecast of 0');
SELECT is((SELECT expected_value FROM forecast_backtest(1, 1, last_month => '2025-04-01') WHERE segment = 'total' AND horizon = 11 AND snapshot_date = '2024-05-31'),
          0::numeric, 'one that reaches it is');

-- All months together.
SELECT is((r.month_count, r.project_count, r.actual_value, r.expected_value, r.absolute_error, r.monthly_error, r.months_in_band, r.bias)::text,
          '(3,6,410.00,440.00,170.00,150.00,1,0.073171)', 'the row of all months is the sum of its months')
FROM pg_temp.row_of(1, NULL) r;
-- June: error 60, last month (May) off by 10; July: error 10, last month that was complete (May) off by 90.
SELECT is((r.skill_last_month, r.skill_last_year, r.skill_mean)::text, '(0.300000,,0.300000)', 'skill compares the months that have a naive line')
FROM pg_temp.row_of(1, NULL) r;

-- Segments.
SELECT results_eq($$ SELECT segment, segment_value, project_count, actual_value FROM forecast_backtest(3, last_month => '2024-07-01')
                     WHERE horizon = 1 AND forecast_month IS NULL $$,
    $$ VALUES ('total', '(all)', 6::bigint, 410.00), ('stage_bucket', '(not forecast)', 1, 60.00), ('stage_bucket', 'Committed', 2, 40.00),
              ('stage_bucket', 'Open', 3, 310.00), ('category', '(none)', 2, 40.00), ('category', 'Health', 3, 370.00),
              ('category', 'Retail', 1, 0), ('account', '(none)', 2, 40.00), ('account', 'Acme', 3, 310.00), ('account', 'Umbrella', 1, 60.00) $$,
    'by stage bucket, category and account');
SELECT is((SELECT count(*) FROM forecast_backtest(3, last_month => '2024-07-01') WHERE segment = 'total' AND source = 'snapshots'), 9::bigint,
          'a row per horizon, and one per horizon and month: 3 + 2 + 1 months and their sums');
SELECT is((r.naive_last_month, r.skill_last_month)::text, '(,)', 'a stage bucket has no naive line') FROM pg_temp.row_of(1, '2024-07-01', 'stage_bucket', 'Open') r;
SELECT is((SELECT minimum.actual_value FROM forecast_backtest(3, 1, 100, last_month => '2024-07-01') minimum
           WHERE segment = 'total' AND horizon = 1 AND forecast_month IS NULL), 310.00, 'the minimum can be raised');
SELECT is((SELECT actual_value FROM forecast_backtest(3, 1, 0, last_month => '2024-07-01')
           WHERE segment = 'total' AND horizon = 1 AND forecast_month = '2024-06-01'), 100.99, 'and switched off');

SELECT is((SELECT recommendation FROM forecast_backtest_recommendations(3, last_month => '2024-07-01') WHERE finding = 'match_rate_low'),
    'check the snapshot job: of 4 invoiced project-months 1 had no forecast for that month; 0 of these had one for another month, 1 belong to projects that were in no forecast, with 14.63 % of the money',
    'a low match rate is explained');

-- A month in which nothing was invoiced has no percentages.
DELETE FROM subitems WHERE parent_monday_id IN ('late', 'surprise', 'alarm');
SELECT is((r.actual_value, r.wape, r.bias, r.match_rate, r.monthly_error)::text, '(0,,,,40.00)', 'a month without actuals has no WAPE, not one of 0')
FROM pg_temp.row_of(1, '2024-06-01') r;

-- What it recommends.
SELECT results_eq($$ SELECT horizon, finding FROM forecast_backtest_recommendations(3, last_month => '2024-07-01') $$,
    $$ VALUES (1, 'forecast_too_high'), (3, 'forecast_too_low'), (1, 'snapshots_missing') $$,
    'what to look at, by finding and horizon');
UPDATE pipeline_forecast_snapshot SET worst_case_value = 300 WHERE snapshot_date = '2024-06-20';
SELECT results_eq($$ SELECT horizon, finding, value FROM forecast_backtest_recommendations(3, last_month => '2024-07-01') LIMIT 1 $$,
    $$ VALUES (1, 'bands_out_of_order', 1::numeric) $$, 'bands out of order come first');
UPDATE pipeline_forecast_snapshot SET worst_case_value = 150 WHERE snapshot_date = '2024-06-20';
DELETE FROM subitems;
SELECT results_eq($$ SELECT finding FROM forecast_backtest_recommendations(3, last_month => '2024-07-01') $$,
    $$ VALUES ('nothing_invoiced'), ('snapshots_missing') $$, 'without invoices that is what is said');

-- A forecast without fault.
DELETE FROM pipeline_forecast_snapshot;
DELETE FROM pipeline_forecast_snapshot_day;
SELECT count(pg_temp.snapshot('2024-04-30', 'p' || n, '2024-05-01', 100, 80, 120)) FROM generate_series(1, 10) n \g /dev/null
INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced)
SELECT n::text, 'S', 'p' || n, '2024-05-15', CASE WHEN n <= 8 THEN 100 WHEN n = 9 THEN 79 ELSE 121 END FROM generate_series(1, 10) n;
SELECT results_eq($$ SELECT horizon, finding, recommendation FROM forecast_backtest_recommendations(1, last_month => '2024-05-01') $$,
    $$ VALUES (NULL::integer, 'nothing_to_change', 'nothing to change') $$, 'nothing to change is a row as well');
SELECT is(forecast_backtest_report(1, last_month => '2024-05-01'), $$# Forecast backtest

Forecasts of stored snapshots against what was invoiced, May 2024. At horizon 1 a forecast was made at least 1 day before its month began, at horizon 2 a month earlier, and so on. Less than 1.00 invoiced to a project in a month counts as nothing.

## Summary, horizon 1

| Figure | Value |
|---|---:|
| Months tested | 1 |
| Projects forecast or invoiced | 10 |
| Invoiced | 1,000.00 |
| Invoiced to projects that were in no forecast | 0.00 |
| Expected | 1,000.00 |
| Committed | 0.00 |
| Bias | 0.00 % |
| WAPE of months | 0.00 % |
| WAPE of projects | 4.20 % |
| WAPE of projects, committed alone | 100.00 % |
| Bands that held, months | 100.00 % |
| Bands that held, projects | 80.00 % |
| Match rate | 100.00 % |
| False alarms | 0 |
| Invoiced in another month than forecast | 0 |
| Skill against last month | n/a |
| Skill against the same month last year | n/a |
| Skill against the 12-month mean | n/a |

WAPE is the sum of all errors, whatever their sign, divided by what was invoiced. Skill is 1 less the error of the forecast divided by the error of the naive line: above 0 the forecast is better.

## Recommendations

- Nothing to change.

## Months, horizon 1

| Month | Projects | Invoiced | Expected | Committed | Worst case | Best case | Bias |
|---|---:|---:|---:|---:|---:|---:|---:|
| May 2024 | 10 | 1,000.00 | 1,000.00 | 0.00 | 800.00 | 1,200.00 | 0.00 % |
| Total | 10 | 1,000.00 | 1,000.00 | 0.00 | 800.00 | 1,200.00 | 0.00 % |

## Naive lines, horizon 1

What repetition alone would have said as early: the newest month known by then, the same month a year before, the mean of 12 months.

| Month | Invoiced | Expected | Last month | Same month last year | 12-month mean |
|---|---:|---:|---:|---:|---:|
| May 2024 | 1,000.00 | 1,000.00 | n/a | n/a | n/a |

## Horizons

| Horizon | Months | Invoiced | In no forecast | Expected | Bias | Match rate |
|---:|---:|---:|---:|---:|---:|---:|
| 1 | 1 | 1,000.00 | 0.00 | 1,000.00 | 0.00 % | 100.00 % |

| Horizon | WAPE months | WAPE projects | WAPE committed | Bands months | Bands projects | Skill last month | Skill last year | Skill mean |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|
| 1 | 0.00 % | 4.20 % | 100.00 % | 100.00 % | 80.00 % | n/a | n/a | n/a |
$$, 'the report');
SELECT configure_pipeline('currency', 'EUR') \g /dev/null
SELECT alike(forecast_backtest_report(1, last_month => '2024-05-01'), '%counts as nothing. All amounts are in EUR.%', 'with its currency, where that is known');
SELECT configure_pipeline('currency', '') \g /dev/null
SELECT is(horizons_text('{1,2,3,5,6,9}', '{7 %,8 %,8 %,8 %,8 %,7 %}'), 'horizon 1: 7 %, horizons 2 to 3: 8 %, horizons 5 to 6: 8 %, horizon 9: 7 %',
    'neighbouring horizons of the same value are told together');
SELECT is(count_text(1234567), '1,234,567', 'counts have separators');

-- Replayed from history, in which the project was worth 90 until 10 April.
DELETE FROM project_history;
INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, pipeline_stage, new_enquiry_value, probability_percent, follow_up_date, state)
VALUES ('p1', '2024-03-10 08:00+00', '2024-04-10 08:00+00', gen_random_uuid(), 'P', 'Open Enquiry', 90, 100, '2024-05-31', 'active'),
       ('p1', '2024-04-10 08:00+00', NULL, gen_random_uuid(), 'P', 'Open Enquiry', 110, 100, '2024-05-31', 'active'),
       ('p2', '2024-04-10 08:00+00', NULL, gen_random_uuid(), 'P', 'Open Enquiry', 110, 100, '2024-06-30', 'active');
SELECT results_eq(
    $$ SELECT horizon, snapshot_date, source, expected_value, actual_value, matched_count, other_month_count FROM forecast_backtest(1, 1, 1, true, '2024-05-01')
       WHERE segment = 'total' AND forecast_month IS NOT NULL $$,
    $$ VALUES (1, date '2024-04-30', 'history', 110.00, 1000.00, 1::bigint, 1::bigint), (2, date '2024-03-31', 'history', 90.00, 1000.00, 1, 0) $$,
    'replay reads history as of each day, says so, and goes back as far as history does');
SELECT alike(forecast_backtest_report(1, 1, 1, true, '2024-05-01'), '%Forecasts replayed from history against what was invoiced, May 2024.%', 'and the report says so');
SELECT is((SELECT count(*) FROM forecast_backtest(1, last_month => '2024-05-01') WHERE source = 'history'), 0::bigint, 'unasked, history is not read');

SELECT * FROM finish();
ROLLBACK;
