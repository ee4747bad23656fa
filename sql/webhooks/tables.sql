-- The events as they came in, and the jobs that cover them.
CREATE TABLE pipeline.webhook_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_key text COLLATE "C" NOT NULL UNIQUE,
    subscription_id text COLLATE "C",
    board_id text COLLATE "C",
    item_id text COLLATE "C",
    event_type text,
    webhook_payload jsonb,
    unreadable_body text,
    received_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz,
    status text NOT NULL DEFAULT 'pending',
    error_message text,
    client_ip inet,
    processing_time_ms numeric(12,3),
    retry_count integer NOT NULL DEFAULT 0,
    project_ids text[] COLLATE "C",
    open_jobs integer NOT NULL DEFAULT 0,
    CONSTRAINT webhook_events_status_known CHECK (status IN
        ('pending', 'processed', 'processed_with_warnings', 'failed', 'duplicate', 'ignored'))
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);
COMMENT ON TABLE pipeline.webhook_events IS 'Every authentic webhook event, stored before it is acknowledged.';
CREATE INDEX webhook_events_received_at_idx ON webhook_events (received_at);
CREATE INDEX webhook_events_pending_idx ON webhook_events (received_at) WHERE status = 'pending';

COMMENT ON COLUMN pipeline.webhook_events.project_ids IS 'The projects that the event makes dirty.';
COMMENT ON COLUMN pipeline.webhook_events.open_jobs IS 'How many of the jobs that cover the event are still to be done.';
COMMENT ON COLUMN pipeline.webhook_events.retry_count IS 'How many runs of jobs that cover the event ended in an error and were tried again.';

CREATE TABLE pipeline_data.webhook_event_job (
    project_id text COLLATE "C" NOT NULL,
    job_id bigint NOT NULL,
    event_id bigint NOT NULL,
    PRIMARY KEY (project_id, job_id, event_id)
);
COMMENT ON TABLE pipeline_data.webhook_event_job IS
    'Which job covers which webhook event: one row for each project that the event makes dirty.';
CREATE INDEX webhook_event_job_event_idx ON webhook_event_job USING brin (event_id)
    WITH (pages_per_range = 16, autosummarize = on);
