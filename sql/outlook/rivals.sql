-- What others said on the day of a run: the rule-based forecast, and lines that anybody can draw.

CREATE OR REPLACE FUNCTION pipeline_data.outlook_rivals(as_of timestamptz, won_months jsonb)
RETURNS TABLE(
    month date,
    span text,
    v1_value numeric,
    naive_last_month numeric,
    naive_last_year numeric,
    naive_mean numeric
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH won AS MATERIALIZED (
    SELECT w.month, w.value FROM jsonb_to_recordset(won_months) AS w (month date, value numeric)
),
begins AS (
    SELECT pipeline_forecast_month(timezone('UTC', as_of)::date)::timestamp AS month
),
-- Orders are no forecast any more.
rule_based AS MATERIALIZED (
    SELECT f.forecast_month AS month, sum(f.expected_value) AS value
    FROM pipeline_forecast_as_of(as_of) f
    WHERE f.stage_bucket = 'Open'
    GROUP BY f.forecast_month
),
line AS (
    SELECT (b.month + make_interval(months => h))::date AS month,
           coalesce(r.value, 0) AS v1_value,
           (SELECT w.value FROM won w WHERE w.month = b.month - interval '1 month') AS naive_last_month,
           (SELECT w.value FROM won w WHERE w.month = b.month + make_interval(months => h - 12)) AS naive_last_year,
           (SELECT avg(w.value) FROM won w WHERE w.month >= b.month - interval '12 months') AS naive_mean
    FROM begins b
    CROSS JOIN generate_series(0, 11) AS h
    LEFT JOIN rule_based r ON r.month = b.month + make_interval(months => h)
)
SELECT l.month, 'month', l.v1_value, l.naive_last_month, l.naive_last_year, l.naive_mean
FROM line l
UNION ALL
SELECT l.month, 'cumulated',
       sum(l.v1_value) OVER up_to, sum(l.naive_last_month) OVER up_to,
       CASE WHEN count(l.naive_last_year) OVER up_to = count(*) OVER up_to THEN sum(l.naive_last_year) OVER up_to END,
       sum(l.naive_mean) OVER up_to
FROM line l
WINDOW up_to AS (ORDER BY l.month);
END;

COMMENT ON FUNCTION pipeline_data.outlook_rivals(timestamptz, jsonb) IS
    'For the twelve months of a run: what the rule-based forecast expected of open projects, and the won value of the month before, of the same month a year earlier, and the mean of up to twelve months. NULL where nothing was known.';
