-- Without the id: what waits is found by id through the primary key alone. Where two indexes offer it, the planner may
-- choose to read the whole of the other one while it believes the queue to be empty.
DROP INDEX @extschema@.job_queue_queued_due_idx;
CREATE INDEX job_queue_queued_due_idx ON @extschema@.job_queue_queued (job_type, priority, run_at);
