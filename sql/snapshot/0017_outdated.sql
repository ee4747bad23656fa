-- A snapshot from history is taken again where history has changed since.
ALTER TABLE pipeline.pipeline_forecast_snapshot_day ADD COLUMN is_outdated boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pipeline.pipeline_forecast_snapshot_day.is_outdated IS
    'Whether history was imported or inferred since the snapshot was computed from it: replay_forecast_snapshots() takes it again. One that was taken on its day is never outdated.';
