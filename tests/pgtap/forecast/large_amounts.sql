-- Amounts of currencies with small units, and sums of them: what a row may hold, every sum of rows holds.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(16);

CREATE FUNCTION pg_temp.month(offset_months integer) RETURNS date LANGUAGE sql STABLE
AS $$ SELECT (pipeline_forecast_month(pipeline_today()) + make_interval(months => offset_months))::date $$;
CREATE FUNCTION pg_temp.of_month(offset_months integer) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('%s %s %s %s', project_count, contract_value, committed_value, expected_value)
    FROM mv_pipeline_forecast_monthly_12m_v1 WHERE forecast_month = pg_temp.month(offset_months)
$$;

-- 501 orders of two billion in one month are more than 10^12; 1,200 of the largest are more cents than 64 bits count.
INSERT INTO projects (monday_id, item_name, pipeline_stage, total_order_value, follow_up_date)
SELECT 'order ' || i, 'Order', 'Won Via Other Ref', 2000000000, pg_temp.month(2) + 9 FROM generate_series(1, 501) i;
INSERT INTO projects (monday_id, item_name, pipeline_stage, total_order_value, follow_up_date, total_amount_invoiced, last_date_invoiced)
SELECT 'largest ' || i, 'Order', 'Won Via Other Ref', 99999999999999.99, pg_temp.month(4) + 9, 99999999999999.99, pg_temp.month(-2) + 9
FROM generate_series(1, 1200) i;
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, follow_up_date, probability_percent)
VALUES ('open', 'Enquiry', 'Open Enquiry', 10000000000000, pg_temp.month(6) + 9, 99.999);

SELECT is((SELECT outcome FROM refresh_conversion_views() WHERE view_name = 'mv_pipeline_forecast_monthly_12m_v1'), 'refreshed', 'the months are refreshed');
SELECT is(pg_temp.of_month(2), '501 1002000000000.00 1002000000000.00 1002000000000.00', 'a month beyond 10^12');
SELECT is(pg_temp.of_month(4), '1200 119999999999999988.00 119999999999999988.00 119999999999999988.00', 'a month beyond 64 bits of cents');
SELECT is(pg_temp.of_month(6), '1 10000000000000.00 0.00 9999900000000.00', 'a product of 10^13 with a probability is exact');
SELECT is((SELECT format('%s %s', sum(contract_value), sum(expected_value)) FROM vw_pipeline_forecast_project_v1 WHERE forecast_month = pg_temp.month(4)),
          '119999999999999988.00 119999999999999988.00', 'the projects add up to it');
SELECT is((SELECT (pipeline_forecast_totals('Committed', -99999999999999.99, NULL, NULL, NULL, NULL, NULL, NULL)).worst_case_value FROM generate_series(1, 3000)),
          -299999999999999970.00, 'credits as well');
SELECT is((SELECT value_band FROM projects WHERE monday_id = 'open'), 'XLarge (>100k)', 'the band of a value follows it');

-- What is kept of them.
SELECT is(create_pipeline_forecast_snapshot(), 1702, 'a snapshot holds them');
SELECT is((SELECT sum(contract_value) FROM pipeline_forecast_snapshot WHERE snapshot_date = pipeline_today()), 120011001999999988.00, 'to the cent');
SELECT is((SELECT sum(total_order_value) FROM project_history), 120001001999999988.00, 'so does the history');
SELECT is((SELECT max(revenue_value) FROM vw_revenue_monthly), 119999999999999988.00, 'and what was invoiced');
SELECT is(pipeline_wape(59999999999999994, 119999999999999988) || ' ' || pipeline_bias(0, 119999999999999988) || ' ' || pipeline_skill(59999999999999994, 119999999999999988),
          '0.500000 -1.000000 0.500000', 'measures of accuracy take such sums');
SELECT throws_ok('SELECT pipeline_wape(1e30, 1)', '22003', 'sum is out of range for a measure of accuracy', 'and refuse what nobody sums');

-- Items of boards and rows of files.
INSERT INTO hidden_items (monday_id, item_name, quote_amount, amount_invoiced, material_value) VALUES ('h', 'h', 99999999999999.99, 99999999999999.99, -99999999999999.99);
SELECT is((SELECT quote_amount + material_value FROM hidden_items), 0.00, 'items hold them');
CREATE TABLE public.staging (id text, amount text);
INSERT INTO staging VALUES ('file', 'Rp 10.000.000.000.000,00'), ('most', '99.999.999.999.999,99'), ('more', '100.000.000.000.000,00');
SELECT is((SELECT format('%s %s', inserted, rejected) FROM import_projects('staging', '{"fields": {"project_id": "id", "project_value": "amount"}}')), '3 1',
          'files bring them, up to the limit');
SELECT is((SELECT string_agg(format('%s %s', monday_id, project_value), ', ' ORDER BY monday_id) FROM projects WHERE monday_id IN ('file', 'most', 'more')),
          'file 10000000000000.00, more , most 99999999999999.99', 'exactly');

SELECT * FROM finish();
ROLLBACK;
