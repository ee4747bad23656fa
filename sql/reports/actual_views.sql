-- What came: invoices, enquiries, bookings. The one place that says what an actual is.
--
-- An invoice is a subitem with an amount and a date. A team without subitems has them on the project: its total, dated
-- by the last invoice, since nobody knows what part of it was invoiced earlier. A project with invoiced subitems is
-- never counted by its own total.
CREATE OR REPLACE VIEW pipeline.vw_invoices AS
SELECT s.parent_monday_id AS project_id, s.invoice_date, s.amount_invoiced::numeric(17,2) AS amount_invoiced, 'subitem' AS source
FROM subitems s
WHERE s.state <> 'deleted' AND isfinite(s.invoice_date) AND s.amount_invoiced <> 'NaN'
UNION ALL
SELECT p.monday_id, coalesce(p.last_date_invoiced, p.first_date_invoiced), p.total_amount_invoiced, 'project'
FROM projects p
WHERE p.state <> 'deleted' AND p.total_amount_invoiced <> 0 AND p.total_amount_invoiced <> 'NaN'
  AND isfinite(coalesce(p.last_date_invoiced, p.first_date_invoiced))
  AND NOT EXISTS (
    SELECT FROM subitems s
    WHERE s.parent_monday_id = p.monday_id AND s.state <> 'deleted' AND isfinite(s.invoice_date)
      AND s.amount_invoiced <> 'NaN');

COMMENT ON VIEW pipeline.vw_invoices IS
    'What was invoiced, when and for which project; credit notes are negative. From subitems; for a project without invoiced subitems its total_amount_invoiced, dated by its last (else first) invoice. What was deleted on its board does not count.';

CREATE OR REPLACE VIEW pipeline.vw_revenue_monthly AS
WITH months AS (
    SELECT pipeline_forecast_month(i.invoice_date) AS month, count(*) AS invoice_count,
           sum(i.amount_invoiced) AS revenue_value
    FROM vw_invoices i
    WHERE i.invoice_date < pipeline_forecast_month(pipeline_today())
    GROUP BY 1
)
SELECT
    calendar.month::date AS month,
    coalesce(m.invoice_count, 0) AS invoice_count,
    coalesce(m.revenue_value, 0)::numeric(24,2) AS revenue_value
FROM generate_series(
    (SELECT min(month) FROM months)::timestamp,
    pipeline_forecast_month(pipeline_today()) - interval '1 month',
    interval '1 month') AS calendar (month)
LEFT JOIN months m ON m.month = calendar.month;

COMMENT ON VIEW pipeline.vw_revenue_monthly IS
    'What was invoiced by month (see vw_invoices), from the first month with an invoice to the last complete one (UTC), zero-filled.';

CREATE OR REPLACE VIEW pipeline.vw_enquiries_monthly AS
WITH months AS (
    SELECT pipeline_forecast_month(p.date_created) AS month, count(*) AS project_count,
           sum(p.new_enquiry_value) AS enquiry_value
    FROM projects p
    WHERE p.state <> 'deleted' AND p.date_created < pipeline_forecast_month(pipeline_today())
    GROUP BY 1
)
SELECT
    calendar.month::date AS month,
    coalesce(m.project_count, 0) AS project_count,
    coalesce(m.enquiry_value, 0)::numeric(24,2) AS enquiry_value
FROM generate_series(
    (SELECT min(month) FROM months)::timestamp,
    pipeline_forecast_month(pipeline_today()) - interval '1 month',
    interval '1 month') AS calendar (month)
LEFT JOIN months m ON m.month = calendar.month;

COMMENT ON VIEW pipeline.vw_enquiries_monthly IS
    'Projects by the month in which they were created, with their enquiry values, from the first month to the last complete one (UTC), zero-filled.';

-- An order that was lost again was no booking.
CREATE OR REPLACE VIEW pipeline.vw_bookings_monthly AS
WITH months AS (
    SELECT pipeline_forecast_month(p.date_order_received) AS month, count(*) AS project_count,
           sum(pipeline_contract_value(p.total_order_value, p.new_enquiry_value)) AS booking_value
    FROM projects p
    WHERE p.state <> 'deleted' AND p.stage_bucket <> 'Lost'
      AND p.date_order_received < pipeline_forecast_month(pipeline_today())
    GROUP BY 1
)
SELECT
    calendar.month::date AS month,
    coalesce(m.project_count, 0) AS project_count,
    coalesce(m.booking_value, 0)::numeric(24,2) AS booking_value
FROM generate_series(
    (SELECT min(month) FROM months)::timestamp,
    pipeline_forecast_month(pipeline_today()) - interval '1 month',
    interval '1 month') AS calendar (month)
LEFT JOIN months m ON m.month = calendar.month;

COMMENT ON VIEW pipeline.vw_bookings_monthly IS
    'Projects by the month in which their order was received, with their contract values, from the first month to the last complete one (UTC), zero-filled. Orders that were lost later do not count.';
