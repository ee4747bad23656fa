-- What figures of the past rest on: how much of their money was observed, told by a log, or inferred.
CREATE OR REPLACE VIEW pipeline.vw_forecast_origin AS
SELECT
    s.snapshot_date,
    s.origin,
    count(*) AS project_count,
    sum(s.contract_value) AS contract_value,
    sum(s.expected_value) AS expected_value,
    sum(s.committed_value) AS committed_value,
    share_of(sum(s.contract_value), sum(sum(s.contract_value)) OVER of_day) AS contract_share,
    share_of(sum(s.expected_value), sum(sum(s.expected_value)) OVER of_day) AS expected_share,
    share_of(sum(s.committed_value), sum(sum(s.committed_value)) OVER of_day) AS committed_share
FROM pipeline_forecast_snapshot s
GROUP BY s.snapshot_date, s.origin
WINDOW of_day AS (PARTITION BY s.snapshot_date);

COMMENT ON VIEW pipeline.vw_forecast_origin IS
    'The money of each forecast snapshot by the origin of what it rests on: observed, log or inferred. Whatever compares snapshots (waterfall, backtest, accuracy) rests on those of its days.';
