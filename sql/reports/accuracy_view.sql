-- The backtest of the last 24 months, kept ready for reports: computing it reads up to three years of snapshots.
-- The moment of the refresh is not among its columns: with it, each refresh would rewrite every row that did not change.
CREATE MATERIALIZED VIEW IF NOT EXISTS pipeline.mv_forecast_accuracy AS
SELECT
    b.segment,
    b.segment_value,
    b.horizon,
    b.forecast_month,
    b.snapshot_date,
    b.project_count,
    b.forecast_count,
    b.actual_count,
    b.matched_count,
    b.other_month_count,
    b.false_alarm_count,
    b.in_band_count,
    b.months_in_band,
    b.actual_value::numeric(24,2) AS actual_value,
    b.unforeseen_value::numeric(24,2) AS unforeseen_value,
    b.expected_value::numeric(24,2) AS expected_value,
    b.committed_value::numeric(24,2) AS committed_value,
    b.worst_case_value::numeric(24,2) AS worst_case_value,
    b.best_case_value::numeric(24,2) AS best_case_value,
    b.absolute_error::numeric(24,2) AS absolute_error,
    b.committed_absolute_error::numeric(24,2) AS committed_absolute_error,
    b.monthly_error::numeric(24,2) AS monthly_error,
    b.naive_last_month::numeric(24,2) AS naive_last_month,
    b.naive_last_year::numeric(24,2) AS naive_last_year,
    b.naive_mean::numeric(24,2) AS naive_mean,
    b.wape::numeric(12,6) AS wape,
    b.bias::numeric(12,6) AS bias,
    b.match_rate::numeric(12,6) AS match_rate
FROM forecast_backtest(24) b
WHERE b.forecast_month IS NOT NULL;

CREATE UNIQUE INDEX IF NOT EXISTS mv_forecast_accuracy_key
    ON mv_forecast_accuracy (segment, segment_value, horizon, forecast_month);

COMMENT ON MATERIALIZED VIEW pipeline.mv_forecast_accuracy IS
    'forecast_backtest(24) by month, as of the last refresh: refreshed by refresh_pipeline_views() once after each snapshot.';

CREATE OR REPLACE VIEW pipeline.vw_forecast_accuracy AS
SELECT a.*, refreshed.moment AS refreshed_at
FROM mv_forecast_accuracy a
CROSS JOIN (
    SELECT timezone('UTC', max(l.started_at)) AS moment
    FROM refresh_log l
    WHERE l.view_name = 'mv_forecast_accuracy' AND l.outcome = 'refreshed'
) refreshed;

COMMENT ON VIEW pipeline.vw_forecast_accuracy IS
    'Forecast against invoices for reports: by month and horizon, in total (segment total) and by stage bucket, category and account; see forecast_backtest_row. Choose one segment. Values, errors and counts add up over months: WAPE = sum(absolute_error) / sum(actual_value). Moments are UTC.';
