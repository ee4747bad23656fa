-- The dimensions of reports: days, snapshot days, projects. Plain columns of simple types under the names that facts
-- use, since views have no keys by which a BI tool could relate them.
CREATE OR REPLACE VIEW pipeline.vw_dim_date AS
SELECT
    d.date_key,
    d.year,
    d.quarter,
    d.year || ' Q' || d.quarter AS quarter_label,
    d.month,
    to_char(d.date_key::timestamp, 'FMMonth') AS month_name,
    to_char(d.date_key::timestamp, 'Mon YYYY') AS month_label,
    pipeline_forecast_month(d.date_key) AS month_start,
    d.year * 12 + d.month AS month_index,
    extract(day FROM d.date_key)::integer AS day_of_month,
    extract(isodow FROM d.date_key)::integer AS day_of_week,
    to_char(d.date_key::timestamp, 'FMDay') AS day_name,
    extract(isoyear FROM d.date_key)::integer AS iso_year,
    extract(week FROM d.date_key)::integer AS iso_week,
    d.date_key - extract(isodow FROM d.date_key)::integer + 1 AS week_start,
    d.fiscal_year,
    'FY' || d.fiscal_year AS fiscal_year_label,
    (d.fiscal_month - 1) / 3 + 1 AS fiscal_quarter,
    'FY' || d.fiscal_year || ' Q' || (d.fiscal_month - 1) / 3 + 1 AS fiscal_quarter_label,
    d.fiscal_month,
    d.year * 12 + d.month - d.current_month AS months_from_now,
    d.date_key < d.today AS is_past,
    d.year * 12 + d.month = d.current_month AS is_current_month
FROM (
    SELECT
        n.date_key, span.today, n.year, n.quarter, n.month,
        extract(year FROM span.today)::integer * 12 + extract(month FROM span.today)::integer AS current_month,
        (n.month - fiscal.first_month + 12) % 12 + 1 AS fiscal_month,
        n.year + CASE WHEN fiscal.first_month > 1 AND n.month >= fiscal.first_month THEN 1 ELSE 0 END AS fiscal_year
    FROM (
        -- Whole years, from the oldest day that is known to beyond the 12 months. A stray date, some centuries away,
        -- must not make a calendar of centuries.
        SELECT
            known.today,
            date_trunc('year', greatest(known.today - interval '30 years', least(
                known.today - interval '1 year', known.first_day)))::date AS first_day,
            (date_trunc('year', least(known.today + interval '10 years', greatest(
                pipeline_window_end(known.today), known.last_day))) + interval '1 year')::date - 1 AS last_day
        FROM (
            SELECT
                pipeline_today() AS today,
                least((SELECT min(snapshot_date) FROM pipeline_forecast_snapshot_day),
                      (SELECT min(date_created) FROM projects),
                      (SELECT min(stated_date) FROM projects),
                      (SELECT min(invoice_date) FROM subitems)) AS first_day,
                (SELECT max(stated_date) FROM projects) AS last_day
        ) known
    ) span
    CROSS JOIN LATERAL (
        SELECT
            g::date AS date_key,
            extract(year FROM g)::integer AS year,
            extract(quarter FROM g)::integer AS quarter,
            extract(month FROM g)::integer AS month
        FROM generate_series(span.first_day::timestamp, span.last_day::timestamp, interval '1 day') AS g
    ) n
    CROSS JOIN (
        SELECT s.value::integer AS first_month FROM pipeline_settings s WHERE s.name = 'fiscal_year_start_month'
    ) fiscal
) d;

COMMENT ON VIEW pipeline.vw_dim_date IS
    'The calendar for reports: every day of whole years, from the oldest day that is known (at most 30 years back) to beyond the 12 months of the forecast. A fiscal year begins with the setting fiscal_year_start_month and is named after the calendar year in which it ends. Weeks are ISO weeks, days UTC.';

CREATE OR REPLACE VIEW pipeline.vw_dim_snapshot_date AS
SELECT
    d.snapshot_date,
    d.source,
    d.row_count,
    timezone('UTC', d.created_at) AS loaded_at,
    extract(year FROM d.snapshot_date)::integer AS year,
    extract(month FROM d.snapshot_date)::integer AS month,
    to_char(d.snapshot_date::timestamp, 'Mon YYYY') AS month_label,
    pipeline_forecast_month(d.snapshot_date) AS month_start,
    pipeline_today() - d.snapshot_date AS days_ago,
    d.snapshot_date = (SELECT max(l.snapshot_date) FROM pipeline_forecast_snapshot_day l) AS is_latest,
    NOT EXISTS (
        SELECT FROM pipeline_forecast_snapshot_day l
        WHERE l.snapshot_date > d.snapshot_date
          AND l.snapshot_date < pipeline_forecast_month(d.snapshot_date) + interval '1 month'
    ) AS is_last_of_month
FROM pipeline_forecast_snapshot_day d;

COMMENT ON VIEW pipeline.vw_dim_snapshot_date IS
    'The days of which there is a forecast snapshot, with its source, its rows, and when it was taken (UTC).';

CREATE OR REPLACE VIEW pipeline.vw_dim_project AS
SELECT * FROM project_dimension;

COMMENT ON VIEW pipeline.vw_dim_project IS
    'Every project there is or was, one row each, with its attributes of today (those of its last day where it was removed). project_id relates it to the facts.';
