-- When a scheduled job was last enqueued: what was missed is caught up on once, and 25 minutes are 25 minutes.
ALTER TABLE @extschema@.pipeline_job ADD COLUMN enqueued_at timestamptz;
COMMENT ON COLUMN @extschema@.pipeline_job.enqueued_at IS
    'Of a job that is done by the poller: when it was last enqueued.';
