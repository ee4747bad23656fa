-- The runs that bring data in, and what they could not read.
CREATE TABLE pipeline.sync_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sync_type text NOT NULL,
    board_id text,
    board_name text,
    trigger text,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    completed_at timestamptz,
    status text NOT NULL DEFAULT 'running',
    items_processed bigint NOT NULL DEFAULT 0,
    items_created bigint NOT NULL DEFAULT 0,
    items_updated bigint NOT NULL DEFAULT 0,
    items_unchanged bigint NOT NULL DEFAULT 0,
    items_deleted bigint NOT NULL DEFAULT 0,
    items_rejected bigint NOT NULL DEFAULT 0,
    api_calls bigint NOT NULL DEFAULT 0,
    complexity_used bigint NOT NULL DEFAULT 0,
    error_message text,
    metadata jsonb NOT NULL DEFAULT '{}',
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT sync_log_status_known CHECK (status IN ('running', 'completed', 'failed'))
);
COMMENT ON TABLE pipeline.sync_log IS 'One row for every run of every flow that brings data in, imports included.';
COMMENT ON COLUMN pipeline.sync_log.seen_at IS
    'The last sign of life of a running run; one that has been silent for long has lost its worker.';
CREATE INDEX sync_log_running_idx ON sync_log (seen_at) WHERE status = 'running';
CREATE INDEX sync_log_flow_idx ON sync_log (sync_type, board_id, started_at);
CREATE INDEX sync_log_started_at_idx ON sync_log (started_at);

CREATE TABLE pipeline.sync_reject (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES sync_log (id) ON DELETE CASCADE,
    board_id text,
    item_id text,
    field text,
    raw_value text,
    reason text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pipeline.sync_reject IS
    'Values and rows that a run could not read, with the reason. The rest of a row with a rejected field is kept; field NULL means that the whole row was refused.';
CREATE INDEX sync_reject_run_idx ON sync_reject (run_id);
