-- What make run does in the database once it is filled: the reader's role, analysis, forecast, snapshot, schedule;
-- then shows it.
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'forecast_reader') AS no_reader \gset
\if :no_reader
CREATE ROLE forecast_reader LOGIN;
\endif
SET password_encryption = 'scram-sha-256';
ALTER ROLE forecast_reader PASSWORD :'password';
\o /dev/null
SELECT grant_forecast_reader('forecast_reader');
SELECT analyze_projects();
CALL refresh_pipeline_views();
SELECT run_daily_forecast_snapshot_maintenance();
SELECT schedule_pipeline_jobs();
\o

\pset footer off
\echo
\echo 'Analysed, by how narrow the group of comparable projects is (1 narrowest, 5 all projects)'
SELECT reasoning->'metrics_used'->>'tier' AS tier, count(*) AS projects,
       round(avg((reasoning->'metrics_used'->>'segment_n')::integer)) AS "compared with (mean)"
FROM analysis_results
GROUP BY 1
ORDER BY 1;

\echo 'The best-rated open projects'
SELECT f.project_id AS project, f.project_name AS name, a.rating_score AS rating,
       lpad(to_char(f.contract_value, 'FM999,999,999,990.00'), 16) AS value,
       round(f.probability * 100, 1) || ' %' AS probability, f.forecast_date AS "forecast for"
FROM vw_pipeline_forecast_project_v1 f
JOIN analysis_results a USING (project_id)
WHERE f.stage_bucket = 'Open'
ORDER BY a.rating_score DESC, f.contract_value DESC, f.project_id
LIMIT 5;

\echo '12-month forecast (committed, expected, and the band from worst to best case)'
SELECT
    coalesce(to_char(forecast_month, 'Mon YYYY'), 'Total') AS month,
    lpad(to_char(sum(project_count), 'FM999,999,990'), 8) AS projects,
    lpad(to_char(sum(project_count) FILTER (WHERE stage_bucket = 'Lost'), 'FM999,999,990'), 10) AS "lost of it",
    lpad(to_char(sum(committed_value), 'FM999,999,999,990.00'), 16) AS committed,
    lpad(to_char(sum(expected_value), 'FM999,999,999,990.00'), 16) AS expected,
    lpad(to_char(sum(worst_case_value), 'FM999,999,999,990.00'), 16) AS "worst case",
    lpad(to_char(sum(best_case_value), 'FM999,999,999,990.00'), 16) AS "best case"
FROM vw_pipeline_forecast_monthly_12m_v1
GROUP BY GROUPING SETS (forecast_month, ())
ORDER BY forecast_month NULLS LAST;

\echo 'Not in these twelve months, and what of all projects is still to be invoiced or has no date'
SELECT
    replace(line, '_', ' ') AS projects,
    lpad(to_char(project_count, 'FM999,999,990'), 8) AS number,
    lpad(to_char(contract_value, 'FM999,999,999,990.00'), 16) AS value,
    lpad(coalesce(to_char(open_value, 'FM999,999,999,990.00'), ''), 16) AS "still to invoice",
    about AS "which are"
FROM vw_forecast_scope
WHERE is_in_forecast IS NOT true AND project_count > 0
ORDER BY sort_order;

\echo 'Scheduled in the database (UTC)'
SELECT job_name AS job, schedule, to_char(next_run AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS "next run"
FROM pipeline_schedule;
