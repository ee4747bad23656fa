-- The reference for the queue: the least that a leased queue has to write, in one table without anything around it. A
-- claim marks rows, finishing deletes them; nothing is kept, joined or kept apart by project.
CREATE SCHEMA plain;
CREATE SEQUENCE plain.lease_token;
CREATE TABLE plain.job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_type text COLLATE "C" NOT NULL,
    project_id text COLLATE "C",
    priority integer NOT NULL DEFAULT 100,
    run_at timestamptz NOT NULL DEFAULT now(),
    is_running boolean NOT NULL DEFAULT false,
    attempts integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    lease_token bigint,
    worker_id text,
    payload jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE INDEX job_due_idx ON plain.job (priority, run_at, id) WHERE NOT is_running;
CREATE INDEX job_lease_idx ON plain.job (lease_until) WHERE is_running;

-- The reference for webhook events: one row each by a unique key, and one waiting job for each project.
CREATE TABLE plain.event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_key text COLLATE "C" NOT NULL UNIQUE,
    item_id text,
    event_type text,
    payload jsonb,
    received_at timestamptz NOT NULL DEFAULT now(),
    client_ip inet
);
CREATE TABLE plain.waiting_job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id text COLLATE "C" NOT NULL UNIQUE,
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
