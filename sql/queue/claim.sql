-- Taking jobs out. A claim is one statement; many workers on many machines may claim at once.

CREATE FUNCTION pipeline_work.claim_jobs(
    worker text,
    job_types text[],
    slots integer[],
    lease interval DEFAULT '60 s'
) RETURNS TABLE(
    id bigint,
    job_type text,
    project_id text,
    payload jsonb,
    attempts integer,
    max_attempts integer,
    lease_token bigint,
    waited_ms double precision
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
-- The statistics of a queue are those of a moment that is over: the plan is fixed to its indexes.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    PERFORM require_queue('claim jobs');
    IF worker IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'worker must not be null',
            HINT = 'Name the process that claims, so that people can find it.';
    END IF;
    IF (cardinality(job_types) = cardinality(slots)) IS NOT TRUE THEN
        PERFORM require_same_length('job_types', cardinality(job_types), 'slots', cardinality(slots));
    END IF;
    IF array_position(job_types, NULL) IS NOT NULL OR array_position(slots, NULL) IS NOT NULL OR 0 > ANY (slots) THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'slots must be zero or more, and job_types and slots hold no nulls',
            HINT = 'Give the number of free places for each type of job; 0 claims none.';
    END IF;
    IF (lease > interval '0') IS NOT TRUE THEN
        PERFORM refuse_lease(lease);
    END IF;
    -- Once a second is enough, by whichever worker comes first: while an old snapshot keeps dead rows from being removed,
    -- looking through them at every claim would cost more than the claims.
    IF EXISTS (SELECT FROM queue_upkeep u
               WHERE u.leases_checked_at NOT BETWEEN moment - interval '1 second' AND moment) THEN
        PERFORM reclaim_expired_jobs(moment);
    END IF;

    RETURN QUERY
    WITH candidate AS MATERIALIZED (
        SELECT due.*
        FROM unnest(claim_jobs.job_types, claim_jobs.slots) AS wanted (job_type, places)
        LEFT JOIN job_type t ON t.job_type = wanted.job_type
        LEFT JOIN provider_gate gate ON gate.provider = t.provider
        CROSS JOIN LATERAL (
            SELECT q.*
            FROM job_queue_queued q
            WHERE q.job_type = wanted.job_type AND q.run_at <= moment
              -- Asked for each job by itself, by LIMIT: as a join the planner would read the whole index, dead rows too.
              AND CASE WHEN q.project_id IS NOT NULL THEN
                    (SELECT r.id FROM job_queue_running r WHERE r.project_id = q.project_id LIMIT 1) IS NULL
                  WHEN q.dedupe_key IS NOT NULL THEN
                    (SELECT r.id FROM job_queue_running r
                     WHERE r.job_type = q.job_type AND r.dedupe_key = q.dedupe_key AND r.project_id IS NULL
                     LIMIT 1) IS NULL
                  ELSE true END
            ORDER BY q.priority, q.run_at
            LIMIT wanted.places
            FOR UPDATE OF q SKIP LOCKED
        ) due
        WHERE gate.blocked_until IS NULL OR gate.blocked_until <= moment
    ), started AS (
        -- The unique indexes of running jobs decide between two workers, and between two types of one project within
        -- this claim, where the more urgent one comes first. In one order, so that claims that meet wait in turn.
        INSERT INTO job_queue_running AS r
            (@list queue/job_columns.sql@, status, run_at, attempts, crashes, detail,
             lease_until, lease_token, worker_id, updated_at, started_at)
        SELECT @list queue/job_columns.sql c@, 'running', c.run_at, c.attempts + 1, c.crashes, c.detail,
            moment + lease, token.value, worker, moment, moment
        FROM candidate c
        CROSS JOIN (SELECT nextval('job_lease_token_seq') AS value) token
        ORDER BY c.project_id, CASE WHEN c.project_id IS NULL THEN c.job_type END,
            CASE WHEN c.project_id IS NULL THEN c.dedupe_key END, c.priority, c.run_at, c.id
        ON CONFLICT DO NOTHING
        RETURNING r.id, r.job_type, r.project_id, r.payload, r.attempts, r.max_attempts, r.lease_token, r.priority,
            r.run_at, r.created_at
    ), taken AS (
        DELETE FROM job_queue_queued q USING started s WHERE q.id = s.id
    )
    SELECT s.id, s.job_type, s.project_id, s.payload, s.attempts, s.max_attempts, s.lease_token,
        (extract(epoch FROM moment - greatest(s.run_at, s.created_at)) * 1000)::double precision
    FROM started s
    ORDER BY s.priority, s.run_at, s.id;
END;
$$;
COMMENT ON FUNCTION pipeline_work.claim_jobs(text, text[], integer[], interval) IS
    'Takes up to slots[i] due jobs of job_types[i] and leases them to a worker: by priority, then run_at. At most one job of a project runs at a time; types whose provider''s gate is shut are left. Jobs whose lease ran out go back into the queue first, and fail at the third time. Every later call for a job carries its lease_token. Errors: 22004, 22023.';

CREATE FUNCTION pipeline_work.renew_leases(ids bigint[], tokens bigint[], lease interval DEFAULT '60 s')
RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
BEGIN
    PERFORM require_queue('renew leases');
    IF (cardinality(ids) = cardinality(tokens)) IS NOT TRUE THEN
        PERFORM require_same_length('ids', cardinality(ids), 'tokens', cardinality(tokens));
    END IF;
    IF (lease > interval '0') IS NOT TRUE THEN
        PERFORM refuse_lease(lease);
    END IF;
    RETURN QUERY
    UPDATE job_queue_running r
    SET lease_until = clock_timestamp() + lease
    FROM unnest(ids, tokens) AS held (id, token)
    WHERE r.id = held.id AND r.lease_token = held.token
    RETURNING r.id;
END;
$$;
COMMENT ON FUNCTION pipeline_work.renew_leases(bigint[], bigint[], interval) IS
    'Extends the leases of running jobs to a whole lease from now. Returns the ids that are still held; a missing one is lost, and its work must be dropped. Errors: 22004, 22023.';
