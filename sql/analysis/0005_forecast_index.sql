-- The forecast reads a few bytes of an analysis, whose row is wide.
CREATE INDEX analysis_results_forecast_idx ON pipeline.analysis_results (project_id)
    INCLUDE (expected_gestation_days, expected_conversion_rate, conversion_confidence, analysis_timestamp);
