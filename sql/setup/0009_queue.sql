-- The queue as it is worked on. What waits, what runs and what is finished lie in parts of their own: a claim moves a job
-- from the first to the second and a worker's answer from the second to the third, so that the parts that are polled
-- stay small, and unique indexes say what may wait and run beside what.
ALTER TABLE @extschema@.job_queue
    ALTER COLUMN job_type TYPE text COLLATE "C",
    ALTER COLUMN project_id TYPE text COLLATE "C",
    ALTER COLUMN dedupe_key TYPE text COLLATE "C",
    ADD COLUMN successor_id bigint;
ALTER TABLE @extschema@.job_queue DETACH PARTITION @extschema@.job_queue_open;

-- Room on each page, so that joining a waiting job and renewing a lease rewrite the row without touching an index.
CREATE TABLE @extschema@.job_queue_queued PARTITION OF @extschema@.job_queue FOR VALUES IN ('queued') WITH (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 10000,
    autovacuum_vacuum_cost_delay = 0);
CREATE TABLE @extschema@.job_queue_running PARTITION OF @extschema@.job_queue FOR VALUES IN ('running') WITH (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 10000,
    autovacuum_vacuum_cost_delay = 0);
-- Nobody held a lease of a running job before there were leases.
INSERT INTO @extschema@.job_queue_queued SELECT * FROM @extschema@.job_queue_open WHERE status = 'queued';
UPDATE @extschema@.job_queue_open SET status = 'queued', dedupe_key = NULL WHERE status = 'running';
INSERT INTO @extschema@.job_queue_queued SELECT * FROM @extschema@.job_queue_open
WHERE id NOT IN (SELECT id FROM @extschema@.job_queue_queued);
UPDATE @extschema@.job_queue_queued SET dedupe_key = NULL WHERE dedupe_key IS NOT NULL;
DROP TABLE @extschema@.job_queue_open;

CREATE INDEX job_queue_queued_due_idx ON @extschema@.job_queue_queued (job_type, priority, run_at, id);
CREATE UNIQUE INDEX job_queue_queued_once_idx ON @extschema@.job_queue_queued (job_type, dedupe_key)
    WHERE dedupe_key IS NOT NULL;
CREATE UNIQUE INDEX job_queue_running_project_idx ON @extschema@.job_queue_running (project_id)
    WHERE project_id IS NOT NULL;
CREATE UNIQUE INDEX job_queue_running_once_idx ON @extschema@.job_queue_running (job_type, dedupe_key)
    WHERE project_id IS NULL AND dedupe_key IS NOT NULL;
CREATE INDEX job_queue_finished_project_idx ON @extschema@.job_queue_finished (project_id, job_type, finished_at)
    WHERE project_id IS NOT NULL;
CREATE INDEX job_queue_finished_at_idx ON @extschema@.job_queue_finished USING brin (finished_at)
    WITH (pages_per_range = 16, autosummarize = on);

COMMENT ON COLUMN @extschema@.job_queue.priority IS 'A smaller number comes sooner.';
COMMENT ON COLUMN @extschema@.job_queue.attempts IS 'How often the job was claimed, waits that a provider asked for left out.';
COMMENT ON COLUMN @extschema@.job_queue.crashes IS 'How often its lease ran out because its worker was gone.';
COMMENT ON COLUMN @extschema@.job_queue.dedupe_key IS
    'At most one job of a type waits with a key, and one runs: the project, or for a job without one a digest of its payload.';
COMMENT ON COLUMN @extschema@.job_queue.lease_token IS 'Changes with every claim; a worker with an older one has lost the job.';
COMMENT ON COLUMN @extschema@.job_queue.detail IS 'What the last run had to say; of a failed job always why.';
COMMENT ON COLUMN @extschema@.job_queue.successor_id IS
    'The job that does the work instead: it was enqueued for the same work while this one ran, and this one did not get it done.';
CREATE SEQUENCE @extschema@.job_lease_token_seq;

CREATE TABLE @extschema@.job_type (
    job_type text COLLATE "C" PRIMARY KEY,
    provider text,
    max_attempts integer NOT NULL DEFAULT 10,
    max_age interval NOT NULL DEFAULT '1 day',
    CONSTRAINT job_type_max_attempts_positive CHECK (max_attempts > 0),
    CONSTRAINT job_type_max_age_positive CHECK (max_age > interval '0')
);
COMMENT ON TABLE @extschema@.job_type IS
    'What is particular about a type of job. A type without a row needs no provider and has the defaults.';
COMMENT ON COLUMN @extschema@.job_type.provider IS 'Jobs of this type are not claimed while the gate of this provider is shut.';
COMMENT ON COLUMN @extschema@.job_type.max_attempts IS 'Of jobs that are enqueued from now on.';
COMMENT ON COLUMN @extschema@.job_type.max_age IS 'How long after it was enqueued a job may still be put off by its provider.';
INSERT INTO @extschema@.job_type (job_type, provider) VALUES
    ('rehydrate_delta', 'monday'), ('rehydrate_recent', 'monday'), ('rehydrate_and_analyze', 'monday'),
    ('rehydrate_full', 'monday'), ('reconcile', 'monday'), ('push_to_monday', 'monday');

CREATE TABLE @extschema@.provider_gate (
    provider text PRIMARY KEY,
    blocked_until timestamptz,
    reason text,
    tokens double precision,
    capacity double precision,
    refill_per_second double precision,
    refilled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT provider_gate_bucket_complete CHECK (num_nulls(tokens, capacity, refill_per_second) IN (0, 3)),
    CONSTRAINT provider_gate_bucket_positive CHECK (capacity >= 1 AND refill_per_second > 0)
) WITH (fillfactor = 50);
COMMENT ON TABLE @extschema@.provider_gate IS
    'What all pollers together observe towards a provider: until when it wants to be left alone, and a token bucket for its rate limit. A provider without a row, or without a capacity, is not limited.';

-- One row. What concerns the queue as a whole and must be known to every worker.
CREATE TABLE @extschema@.queue_upkeep (
    only_row boolean PRIMARY KEY DEFAULT true,
    leases_checked_at timestamptz NOT NULL DEFAULT '-infinity',
    events_swept bigint NOT NULL DEFAULT 0,
    CONSTRAINT queue_upkeep_one_row CHECK (only_row)
) WITH (fillfactor = 10);
COMMENT ON TABLE @extschema@.queue_upkeep IS
    'One row: when expired leases were last looked for, and how many webhook events the sweeper ever found without a job (should be 0).';
INSERT INTO @extschema@.queue_upkeep DEFAULT VALUES;

-- Which events a run of a job covers: those that were there when it was claimed.
ALTER TABLE @extschema@.webhook_events
    ALTER COLUMN subscription_id TYPE text COLLATE "C",
    ALTER COLUMN board_id TYPE text COLLATE "C",
    ALTER COLUMN item_id TYPE text COLLATE "C",
    ADD COLUMN project_ids text[] COLLATE "C",
    ADD COLUMN open_jobs integer NOT NULL DEFAULT 0,
    SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);
COMMENT ON COLUMN @extschema@.webhook_events.project_ids IS 'The projects that the event makes dirty.';
COMMENT ON COLUMN @extschema@.webhook_events.open_jobs IS 'How many of the jobs that cover the event are still to be done.';
COMMENT ON COLUMN @extschema@.webhook_events.retry_count IS 'How many runs of jobs that cover the event ended in an error and were tried again.';

CREATE TABLE @extschema@.webhook_event_job (
    project_id text COLLATE "C" NOT NULL,
    job_id bigint NOT NULL,
    event_id bigint NOT NULL,
    PRIMARY KEY (project_id, job_id, event_id)
);
COMMENT ON TABLE @extschema@.webhook_event_job IS
    'Which job covers which webhook event: one row for each project that the event makes dirty.';
CREATE INDEX webhook_event_job_event_idx ON @extschema@.webhook_event_job USING brin (event_id)
    WITH (pages_per_range = 16, autosummarize = on);

-- Names as links between subitems and hidden items compare them.
CREATE INDEX subitems_item_name_idx ON @extschema@.subitems (lower(btrim(regexp_replace(item_name, '\s+', ' ', 'g'))));

CREATE TABLE @extschema@.api_key (
    key_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    key_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_key_hash_once UNIQUE (key_hash),
    CONSTRAINT api_key_hash_is_sha256 CHECK (octet_length(key_hash) = 32),
    CONSTRAINT api_key_scopes_known CHECK (scopes <@ ARRAY['read', 'run', 'admin'] AND cardinality(scopes) > 0)
);
COMMENT ON TABLE @extschema@.api_key IS
    'The keys of the REST interface: only the SHA-256 of a key is stored, and what it may do.';
CREATE UNIQUE INDEX api_key_name_idx ON @extschema@.api_key (name) WHERE revoked_at IS NULL;
