-- The snapshot of today in plain SQL.
DELETE FROM plain.forecast_snapshot WHERE snapshot_date = timezone('UTC', now())::date;
INSERT INTO plain.forecast_snapshot (
    snapshot_date, project_id, forecast_month, stage_bucket, contract_value, probability,
    committed_value, expected_value, best_case_value, worst_case_value, analysis_timestamp)
SELECT
    timezone('UTC', now())::date, project_id, forecast_month, stage_bucket, contract_value, probability,
    committed_value, expected_value, best_case_value, worst_case_value, analysis_timestamp
FROM plain.forecast_project
WHERE forecast_month >= date_trunc('month', timezone('UTC', now()))::date
  AND forecast_month < (date_trunc('month', timezone('UTC', now())) + interval '12 months')::date;
