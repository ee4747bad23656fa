-- The partitions of job_queue know their status, and there is none for another; the key of an event is compared as it is.
ALTER TABLE @extschema@.job_queue DROP CONSTRAINT job_queue_status_known;
ALTER TABLE @extschema@.webhook_events ALTER COLUMN event_key TYPE text COLLATE "C";
-- The key first: what waits for a project is found by it.
DROP INDEX @extschema@.job_queue_queued_once_idx;
CREATE UNIQUE INDEX job_queue_queued_once_idx ON @extschema@.job_queue_queued (dedupe_key, job_type)
    WHERE dedupe_key IS NOT NULL;
