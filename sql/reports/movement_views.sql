-- What moved, with the usual arguments, as relations that BI tools list.
CREATE OR REPLACE VIEW pipeline.vw_forecast_waterfall AS
SELECT w.*
FROM (
    SELECT max(d.snapshot_date) AS closing,
        coalesce(max(d.snapshot_date) FILTER (WHERE d.snapshot_date <= newest.day - 28), min(d.snapshot_date)) AS opening
    FROM pipeline_forecast_snapshot_day d, (SELECT max(snapshot_date) AS day FROM pipeline_forecast_snapshot_day) newest
    HAVING count(*) > 0
) days
CROSS JOIN LATERAL forecast_waterfall(days.opening, days.closing) w;
COMMENT ON VIEW pipeline.vw_forecast_waterfall IS
    'forecast_waterfall() from four weeks before the newest snapshot (or the first one there is) to the newest.';

CREATE OR REPLACE VIEW pipeline.vw_forecast_slippage AS SELECT * FROM forecast_slippage();
COMMENT ON VIEW pipeline.vw_forecast_slippage IS 'forecast_slippage() with its usual arguments.';

CREATE OR REPLACE VIEW pipeline.vw_stage_velocity AS SELECT * FROM stage_velocity();
COMMENT ON VIEW pipeline.vw_stage_velocity IS 'stage_velocity() with its usual arguments.';
