-- Actuals: what counts as an invoice, and the monthly series of enquiries, bookings and revenue.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(17);

SELECT is_empty('TABLE vw_revenue_monthly', 'without invoices there is no month of revenue');
SELECT is_empty('TABLE vw_enquiries_monthly', 'without projects there is no month of enquiries');
SELECT is_empty('TABLE vw_bookings_monthly', 'without orders there is no month of bookings');

-- The first day of the month n months ago.
CREATE FUNCTION pg_temp.month(ago integer) RETURNS date LANGUAGE sql
RETURN (pipeline_forecast_month(pipeline_today()) - make_interval(months => ago))::date;

INSERT INTO projects (monday_id, item_name, pipeline_stage, state, date_created, new_enquiry_value, total_order_value,
                      date_order_received, first_date_invoiced, last_date_invoiced, total_amount_invoiced) VALUES
    ('a', 'A', 'Won - Closed (Invoiced)', 'active', pg_temp.month(5) + 3, 100, 110, pg_temp.month(3), NULL, NULL, NULL),
    -- Subitems tell when what was invoiced; the total of the project is the same money again.
    ('b', 'B', 'Won - Closed (Invoiced)', 'active', pg_temp.month(5), 200, NULL, pg_temp.month(3) + 1, pg_temp.month(4), pg_temp.month(1), 999),
    -- No subitems: the total counts by its last invoice, or by the first where that is all there is.
    ('c', 'C', 'Won - Closed (Invoiced)', 'archived', pg_temp.month(2), NULL, 300, pg_temp.month(1), pg_temp.month(3), pg_temp.month(2) + 5, 300),
    ('d', 'D', 'Won - Closed (Invoiced)', 'active', NULL, 50, NULL, NULL, pg_temp.month(1) + 7, NULL, 50),
    -- Lost orders are no bookings, deleted projects are nothing at all.
    ('e', 'E', 'Lost', 'active', pg_temp.month(0), 400, NULL, pg_temp.month(2), NULL, NULL, NULL),
    ('f', 'F', 'Won Via Other Ref', 'deleted', pg_temp.month(9), 500, 500, pg_temp.month(9), pg_temp.month(9), NULL, 500),
    ('g', 'G', 'Won Via Other Ref', 'active', pg_temp.month(1), 0, 70, pg_temp.month(0), pg_temp.month(1), NULL, 0);
-- Days and amounts that are refused today may have come in with an earlier version.
ALTER TABLE subitems DISABLE TRIGGER subitems_check_row;
INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced, state) VALUES
    ('a1', 'S', 'a', pg_temp.month(3) + 9, 60.50, 'active'),
    ('a2', 'S', 'a', pg_temp.month(3) + 9, 40, 'archived'),
    ('a3', 'S', 'a', pg_temp.month(1), -10, 'active'),
    ('a4', 'S', 'a', pg_temp.month(2), 1000, 'deleted'),
    ('a5', 'S', 'a', NULL, 1000, 'active'),
    ('a6', 'S', 'a', pg_temp.month(2), NULL, 'active'),
    ('a7', 'S', 'a', 'infinity', 1000, 'active'),
    ('a8', 'S', 'a', pg_temp.month(2), 'NaN', 'active'),
    ('b1', 'S', 'b', pg_temp.month(0), 20, 'active'),
    ('x1', 'S', NULL, pg_temp.month(3), 5, 'active'),
    -- Nothing of it was ever invoiced: the project's own total stands.
    ('c1', 'S', 'c', NULL, 300, 'active');
ALTER TABLE subitems ENABLE TRIGGER subitems_check_row;

SELECT results_eq(
    'SELECT project_id COLLATE "default", invoice_date, amount_invoiced, source FROM vw_invoices ORDER BY 1, 2, 3',
    $$ VALUES ('a', pg_temp.month(3) + 9, 40.00, 'subitem'), ('a', pg_temp.month(3) + 9, 60.50, 'subitem'),
              ('a', pg_temp.month(1), -10.00, 'subitem'), ('b', pg_temp.month(0), 20.00, 'subitem'),
              ('c', pg_temp.month(2) + 5, 300.00, 'project'), ('d', pg_temp.month(1) + 7, 50.00, 'project'),
              (NULL, pg_temp.month(3), 5.00, 'subitem') $$,
    'an invoice is a subitem with date and amount, or the total of a project that has no such subitem');
SELECT results_eq('SELECT month, invoice_count, revenue_value FROM vw_revenue_monthly ORDER BY month',
    $$ VALUES (pg_temp.month(3), 3::bigint, 105.50), (pg_temp.month(2), 1, 300.00), (pg_temp.month(1), 2, 40.00) $$,
    'revenue runs from the first invoice to the last complete month, credit notes net');
SELECT results_eq('SELECT month, project_count, enquiry_value FROM vw_enquiries_monthly ORDER BY month',
    $$ VALUES (pg_temp.month(5), 2::bigint, 300.00), (pg_temp.month(4), 0, 0.00), (pg_temp.month(3), 0, 0.00),
              (pg_temp.month(2), 1, 0.00), (pg_temp.month(1), 1, 0.00) $$,
    'enquiries are filled with zeros, and the month that is not over is left out');
SELECT results_eq('SELECT month, project_count, booking_value FROM vw_bookings_monthly ORDER BY month',
    $$ VALUES (pg_temp.month(3), 2::bigint, 310.00), (pg_temp.month(2), 0, 0.00), (pg_temp.month(1), 1, 300.00) $$,
    'a booking is worth its contract value; lost and deleted orders are none');
SELECT is(pg_typeof(revenue_value)::text || format_type(a.atttypid, a.atttypmod), 'numericnumeric(24,2)', 'money has a bounded type')
FROM vw_revenue_monthly, pg_attribute a
WHERE a.attrelid = 'vw_revenue_monthly'::regclass AND a.attname = 'revenue_value' LIMIT 1;

-- The calendar.
SELECT is((SELECT format('%s %s', min(date_key), max(date_key)) FROM vw_dim_date),
          format('%s-01-01 %s-12-31', extract(year FROM least(pg_temp.month(9), pipeline_today() - interval '1 year')),
                 extract(year FROM pipeline_window_end(pipeline_today()))),
          'the calendar has whole years, from the oldest day to beyond the 12 months');
SELECT is((SELECT count(*) FROM vw_dim_date), (SELECT max(date_key) - min(date_key) + 1 FROM vw_dim_date)::bigint, 'without gaps');
SELECT is((SELECT count(DISTINCT date_key) FROM vw_dim_date), (SELECT count(*) FROM vw_dim_date), 'and without repetitions');
SELECT is((SELECT format('%s %s %s', bool_and(is_past = (date_key < pipeline_today())), min(months_from_now), bool_or(is_current_month)) FROM vw_dim_date
           WHERE date_key <= pipeline_today() AND date_key >= pg_temp.month(1)), 't -1 t', 'it knows where today is');
SELECT configure_pipeline('fiscal_year_start_month', '4') \g /dev/null
SELECT results_eq(
    $$ SELECT date_key, fiscal_year_label, fiscal_quarter_label, fiscal_month, quarter_label, month_label, iso_week, week_start, day_name
       FROM vw_dim_date WHERE to_char(date_key, 'MM-DD') IN ('03-31', '04-01') AND year = extract(year FROM pipeline_today()) ORDER BY 1 $$,
    $$ SELECT d, 'FY' || y, 'FY' || y || ' Q' || q, m, extract(year FROM d) || ' Q' || extract(quarter FROM d), to_char(d, 'Mon YYYY'),
              extract(week FROM d)::integer, date_trunc('week', d)::date, to_char(d, 'FMDay')
       FROM (VALUES (make_date(extract(year FROM pipeline_today())::integer, 3, 31), extract(year FROM pipeline_today()), 4, 12),
                    (make_date(extract(year FROM pipeline_today())::integer, 4, 1), extract(year FROM pipeline_today()) + 1, 1, 1)) AS t (d, y, q, m) $$,
    'a fiscal year is named after the year in which it ends');
SELECT throws_ok($$ SELECT configure_pipeline('fiscal_year_start_month', '13') $$, '22023', NULL, 'there is no month 13');
UPDATE projects SET expected_start_date = '9999-12-31', date_created = '1900-01-01' WHERE monday_id = 'a';
SELECT ok((SELECT count(*) FROM vw_dim_date) < 42 * 366, 'a stray date makes no calendar of centuries');

-- Projects that are gone.
DELETE FROM projects WHERE monday_id IN ('c', 'd');
SELECT results_eq($$ SELECT project_id COLLATE "default", project_name, state FROM vw_dim_project WHERE project_id IN ('b', 'c', 'f') ORDER BY 1 $$,
    $$ VALUES ('b', 'B', 'active'), ('c', 'C', 'deleted'), ('f', 'F', 'deleted') $$, 'every project that ever was has a name');
INSERT INTO projects (monday_id, item_name, account) VALUES ('c', 'C again', 'Account 1');
SELECT results_eq($$ SELECT project_name, account FROM vw_dim_project WHERE project_id = 'c' $$,
    $$ VALUES ('C again', 'Account 1') $$, 'and stands once when it comes back');

SELECT * FROM finish();
ROLLBACK;
