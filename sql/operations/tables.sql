-- The records of what ran and of what is scheduled.
CREATE TABLE pipeline.refresh_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    view_name text NOT NULL,
    started_at timestamptz NOT NULL,
    duration_ms numeric(12,3) NOT NULL,
    row_count bigint,
    was_concurrent boolean NOT NULL,
    outcome text NOT NULL,
    message text,
    CONSTRAINT refresh_log_outcome_known CHECK (outcome IN ('refreshed', 'skipped', 'failed'))
);
COMMENT ON TABLE pipeline.refresh_log IS 'Each refresh of a materialized view: start, duration, rows, outcome.';
CREATE INDEX refresh_log_view_idx ON refresh_log (view_name, started_at);

CREATE TABLE pipeline_data.pipeline_job (
    job_name text PRIMARY KEY,
    schedule text NOT NULL,
    command text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT now(),
    enqueued_at timestamptz
);
COMMENT ON TABLE pipeline_data.pipeline_job IS
    'What schedule_pipeline_jobs() put into pg_cron; pipeline_schedule compares it with what ran.';
COMMENT ON COLUMN pipeline_data.pipeline_job.enqueued_at IS
    'Of a job that is done by the poller: when it was last enqueued.';
