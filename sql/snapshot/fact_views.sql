-- The snapshots as facts for reports. The columns of the table stand as they are, so that a range of snapshot_date
-- reaches the partitions; whatever else a column needs is computed only where it is selected.
CREATE OR REPLACE VIEW pipeline.vw_forecast_history AS
SELECT
    s.snapshot_date,
    s.project_id,
    s.forecast_month,
    months_between(s.snapshot_date, s.forecast_month) AS months_ahead,
    s.stage_bucket,
    s.contract_value,
    s.probability,
    s.committed_value,
    s.expected_value,
    s.best_case_value,
    s.worst_case_value,
    s.source,
    timezone('UTC', d.created_at) AS loaded_at,
    s.origin
FROM pipeline_forecast_snapshot s
-- By key, so that the planner leaves the join out where loaded_at is not asked for.
LEFT JOIN pipeline_forecast_snapshot_day d ON d.snapshot_date = s.snapshot_date;

COMMENT ON VIEW pipeline.vw_forecast_history IS
    'Every forecast snapshot: one row per snapshot day and project. For incremental refresh use snapshot_date, and loaded_at (UTC) to detect changes: it is one moment for all rows of a day, later than before whenever the day was taken again, rows that went away included.';

CREATE OR REPLACE VIEW pipeline.vw_forecast_latest AS
SELECT h.*
FROM vw_forecast_history h
-- By a function and not by a subquery: the planner asks it, and then knows that one partition is read, and what of it.
WHERE h.snapshot_date = latest_snapshot_date();

COMMENT ON VIEW pipeline.vw_forecast_latest IS
    'The newest forecast snapshot: what vw_forecast_history holds of its last day.';

-- The key of the snapshots begins with the day, so that a condition on the project alone reads every partition from end to
-- end. By day it is one probe of the key each.
CREATE OR REPLACE FUNCTION pipeline.project_forecast_history(project_id text) RETURNS SETOF vw_forecast_history
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT h.*
    FROM vw_dim_snapshot_date d
    CROSS JOIN LATERAL (
        SELECT * FROM vw_forecast_history f
        WHERE f.snapshot_date = d.snapshot_date AND f.project_id = $1 COLLATE "C"
        OFFSET 0
    ) h
    ORDER BY h.snapshot_date, h.forecast_month
$$;
COMMENT ON FUNCTION pipeline.project_forecast_history(text) IS
    'What vw_forecast_history holds of one project, by day: one probe of the key for each snapshot, where a condition on the view reads all of them.';
ALTER FUNCTION pipeline.project_forecast_history(text) DEPENDS ON EXTENSION pipeline_forecast;
