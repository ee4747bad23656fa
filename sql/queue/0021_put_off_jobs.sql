-- What waits although it was tried or put off is found without reading what only waits for its turn.
CREATE INDEX job_queue_queued_put_off_idx ON pipeline_data.job_queue_queued (job_type, created_at) WHERE detail IS NOT NULL;
