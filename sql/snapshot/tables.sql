-- The published forecast, day by day. The one table that grows without bound: no trigger, no foreign key (rows
-- outlive deleted projects), project_id in its key so that it can be distributed by project.
CREATE TABLE pipeline.pipeline_forecast_snapshot (
    snapshot_date date NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    forecast_month date NOT NULL,
    stage_bucket text NOT NULL,
    contract_value numeric(12,2) NOT NULL,
    probability numeric(6,5) NOT NULL,
    committed_value numeric(12,2) NOT NULL,
    expected_value numeric(12,2) NOT NULL,
    best_case_value numeric(12,2) NOT NULL,
    worst_case_value numeric(12,2) NOT NULL,
    analysis_timestamp timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL DEFAULT 'live',
    PRIMARY KEY (snapshot_date, project_id, forecast_month),
    CONSTRAINT pipeline_forecast_snapshot_source_known CHECK (source IN ('live', 'history', 'current_state'))
) PARTITION BY RANGE (snapshot_date);

COMMENT ON TABLE pipeline.pipeline_forecast_snapshot IS
    'What was forecast on each day: one row per snapshot day and project whose forecast month is within the following 12 months. Partitioned by month of snapshot_date; partitions are made and dropped by the snapshot functions.';
COMMENT ON COLUMN pipeline.pipeline_forecast_snapshot.source IS
    'live: taken on its day; history: computed later from history as of the end of its day; current_state: computed later from the state of that later moment, on request.';

CREATE TABLE pipeline.pipeline_forecast_snapshot_day (
    snapshot_date date PRIMARY KEY,
    source text NOT NULL,
    row_count bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE pipeline.pipeline_forecast_snapshot_day IS
    'One row per snapshot taken, a day with no forecast row included: tells which days exist, and how many rows a dropped partition held, without reading the snapshots.';

CREATE TABLE pipeline_data.snapshot_cleanup (
    cleaned_at timestamptz PRIMARY KEY DEFAULT clock_timestamp(),
    first_kept date NOT NULL,
    removed_days integer NOT NULL,
    removed_rows bigint NOT NULL,
    cleaned_by text NOT NULL
);
COMMENT ON TABLE pipeline_data.snapshot_cleanup IS
    'Each removal of expired snapshots. As many days as have passed since the last one may expire by themselves; more than that is refused.';
