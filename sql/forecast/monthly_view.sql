CREATE MATERIALIZED VIEW IF NOT EXISTS pipeline.mv_pipeline_forecast_monthly_12m_v1 AS
SELECT
    m.forecast_month,
    m.stage_bucket,
    (m.totals).project_count,
    (m.totals).contract_value::numeric(24,2) AS contract_value,
    (m.totals).committed_value::numeric(24,2) AS committed_value,
    (m.totals).expected_value::numeric(24,2) AS expected_value,
    (m.totals).best_case_value::numeric(24,2) AS best_case_value,
    (m.totals).worst_case_value::numeric(24,2) AS worst_case_value,
    -- The start of the refresh, not of its transaction: what was written before it in the same transaction is in.
    statement_timestamp() AS refreshed_at
FROM (
    SELECT
        pipeline_forecast_month(coalesce(i.stated_date, i.estimated_date)) AS forecast_month,
        i.stage_bucket,
        pipeline_forecast_totals(
            i.stage_bucket, i.total_order_value, i.new_enquiry_value,
            @list forecast/model_rate.sql@, i.probability_percent, i.default_probability,
            i.conversion_confidence, i.default_spread) AS totals
    FROM forecast_input i
    -- As two cases, so that a stated date outside the window leaves the project out before anything is joined; the
    -- bounds as subqueries, so that they are computed once.
    WHERE (i.stated_date >= (SELECT pipeline_window_start(pipeline_today()))
           AND i.stated_date < (SELECT pipeline_window_end(pipeline_today())))
       OR (i.stated_date IS NULL
           AND i.estimated_date >= (SELECT pipeline_window_start(pipeline_today()))
           AND i.estimated_date < (SELECT pipeline_window_end(pipeline_today())))
    GROUP BY 1, 2
) m;

CREATE UNIQUE INDEX IF NOT EXISTS mv_pipeline_forecast_monthly_12m_v1_key
    ON mv_pipeline_forecast_monthly_12m_v1 (forecast_month, stage_bucket);

COMMENT ON MATERIALIZED VIEW pipeline.mv_pipeline_forecast_monthly_12m_v1 IS
    'The forecast of the 12 months from the current one on, by month and stage bucket: sums of the rounded project values as of the last refresh.';

-- BI navigators do not list materialized views; this one also has a row for every month and bucket.
CREATE OR REPLACE VIEW pipeline.vw_pipeline_forecast_monthly_12m_v1 AS
SELECT
    grid.forecast_month,
    grid.stage_bucket,
    coalesce(m.project_count, 0) AS project_count,
    coalesce(m.contract_value, 0)::numeric(24,2) AS contract_value,
    coalesce(m.committed_value, 0)::numeric(24,2) AS committed_value,
    coalesce(m.expected_value, 0)::numeric(24,2) AS expected_value,
    coalesce(m.best_case_value, 0)::numeric(24,2) AS best_case_value,
    coalesce(m.worst_case_value, 0)::numeric(24,2) AS worst_case_value,
    refreshed.refreshed_at
FROM (
    SELECT (w.first_month + make_interval(months => n))::date AS forecast_month, b.stage_bucket
    FROM (SELECT pipeline_window_start(pipeline_today()) AS first_month) w
    CROSS JOIN generate_series(0, 11) AS n
    CROSS JOIN unnest(ARRAY[@list forecast/buckets.sql@]) AS b (stage_bucket)
) grid
LEFT JOIN mv_pipeline_forecast_monthly_12m_v1 m
    ON m.forecast_month = grid.forecast_month AND m.stage_bucket = grid.stage_bucket
CROSS JOIN (
    SELECT timezone('UTC', coalesce(
        (SELECT max(refreshed_at) FROM mv_pipeline_forecast_monthly_12m_v1),
        (SELECT max(started_at) FROM refresh_log
         WHERE view_name = 'mv_pipeline_forecast_monthly_12m_v1' AND outcome = 'refreshed')
    )) AS refreshed_at
) refreshed;

COMMENT ON VIEW pipeline.vw_pipeline_forecast_monthly_12m_v1 IS
    'The 12-month forecast for reports: every month and stage bucket, zero where there is nothing, with the moment of the last refresh (UTC).';
