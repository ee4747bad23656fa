-- How a running job leaves: filed as finished, or put back. Every call names the lease under which the job ran; whoever has
-- lost it changes nothing. Rows move by DELETE and INSERT, not by an update of their status: a session that waits for a
-- row which an update moves to another partition gets an error; one that waits for a deleted row finds it gone.

CREATE FUNCTION pipeline_internal.settle_events(project_ids text[], job_ids bigint[], failures text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    UPDATE webhook_events e
    SET open_jobs = e.open_jobs - covered.jobs,
        error_message = coalesce(covered.failure, e.error_message),
        status = CASE WHEN e.open_jobs > covered.jobs THEN 'pending'
                      WHEN coalesce(covered.failure, e.error_message) IS NOT NULL THEN 'failed'
                      ELSE 'processed' END,
        processed_at = CASE WHEN e.open_jobs > covered.jobs THEN NULL ELSE moment END,
        -- An event may have waited for longer than the column holds.
        processing_time_ms = CASE WHEN e.open_jobs > covered.jobs THEN NULL
            ELSE least(extract(epoch FROM moment - e.received_at) * 1000, 999999999) END
    FROM (
        -- Sorted, so that two workers whose jobs cover the same events lock them in one order.
        SELECT link.event_id, count(*)::integer AS jobs, max(ended.failure) AS failure
        FROM unnest(project_ids, job_ids, failures) AS ended (project_id, job_id, failure)
        JOIN webhook_event_job link
            ON link.project_id = ended.project_id AND link.job_id = ended.job_id
        GROUP BY link.event_id
        ORDER BY link.event_id
    ) covered
    WHERE e.id = covered.event_id AND e.open_jobs > 0;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.settle_events(text[], bigint[], text[]) IS
    'Events whose jobs have all ended become processed, or failed where one of the jobs failed.';

CREATE FUNCTION pipeline_internal.end_jobs(ids bigint[], tokens bigint[], outcome text, details text[], crashed integer)
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
DECLARE
    moment timestamptz := clock_timestamp();
    ended bigint[];
    project_jobs bigint[];
    projects text[];
    failures text[];
BEGIN
    WITH released AS (
        DELETE FROM job_queue_running r
        USING unnest(ids, tokens, details) AS held (id, token, detail)
        WHERE r.id = held.id AND r.lease_token = held.token
        RETURNING r.*, left(held.detail, 10000) AS last_word
    ), filed AS (
        INSERT INTO job_queue_finished AS f
            (@list queue/job_columns.sql@, status, run_at, attempts, crashes, detail,
             lease_token, worker_id, started_at, updated_at, finished_at)
        SELECT @list queue/job_columns.sql r@, outcome, r.run_at, r.attempts, r.crashes + crashed, r.last_word,
            r.lease_token, r.worker_id, r.started_at, moment, moment
        FROM released r
        RETURNING f.id, f.job_type, f.project_id, f.detail
    )
    -- Only one type of job covers events.
    SELECT array_agg(f.id), array_agg(f.id) FILTER (WHERE f.job_type = 'rehydrate_and_analyze'),
        array_agg(f.project_id) FILTER (WHERE f.job_type = 'rehydrate_and_analyze'),
        array_agg(f.detail) FILTER (WHERE f.job_type = 'rehydrate_and_analyze' AND outcome = 'failed')
    INTO ended, project_jobs, projects, failures
    FROM filed f;
    IF projects IS NOT NULL THEN
        PERFORM settle_events(projects, project_jobs, failures);
    END IF;
    RETURN QUERY SELECT unnest(ended);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.end_jobs(bigint[], bigint[], text, text[], integer) IS
    'Files running jobs as completed or failed, with the events they cover; returns those that were still held.';

CREATE FUNCTION pipeline_internal.put_back_jobs(
    ids bigint[],
    tokens bigint[],
    run_ats timestamptz[],
    details text[],
    counted boolean,
    crashed integer
) RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH released AS (
        DELETE FROM job_queue_running r
        USING unnest(ids, tokens, run_ats, details) AS held (id, token, run_at, detail)
        WHERE r.id = held.id AND r.lease_token = held.token
        RETURNING r.*, held.run_at AS next_run_at, left(held.detail, 10000) AS last_word
    ), waiting AS (
        -- While the job ran, another may have been enqueued for the same work. That one does it then, with what is known
        -- of its predecessor: it knows of everything that came in.
        INSERT INTO job_queue_queued AS q
            (@list queue/job_columns.sql@, run_at, attempts, crashes, detail,
             started_at, updated_at)
        SELECT DISTINCT ON (r.job_type, coalesce(r.dedupe_key, r.id::text))
            @list queue/job_columns.sql r@, r.next_run_at, r.attempts - CASE WHEN counted THEN 0 ELSE 1 END, r.crashes + crashed,
            coalesce(r.last_word, r.detail), r.started_at, moment
        FROM released r
        ORDER BY r.job_type, coalesce(r.dedupe_key, r.id::text), r.id
        ON CONFLICT (job_type, dedupe_key) WHERE dedupe_key IS NOT NULL DO UPDATE
        SET attempts = greatest(q.attempts, excluded.attempts),
            crashes = greatest(q.crashes, excluded.crashes),
            payload = excluded.payload || q.payload,
            detail = coalesce(excluded.detail, q.detail),
            priority = least(q.priority, excluded.priority),
            run_at = greatest(q.run_at, excluded.run_at),
            updated_at = moment
        RETURNING q.id, q.job_type, q.dedupe_key
    ), superseded AS (
        SELECT r.*, w.id AS heir
        FROM released r
        JOIN waiting w ON w.job_type = r.job_type AND w.dedupe_key = r.dedupe_key
        WHERE w.id <> r.id
    ), filed AS (
        INSERT INTO job_queue_finished
            (@list queue/job_columns.sql@, status, run_at, attempts, crashes, detail,
             lease_token, worker_id, started_at, updated_at, finished_at, successor_id)
        SELECT @list queue/job_columns.sql s@, CASE WHEN counted THEN 'failed' ELSE 'completed' END, s.run_at, s.attempts, s.crashes + crashed,
            concat_ws('; ', s.last_word, format('job %s does the work instead', s.heir)),
            s.lease_token, s.worker_id, s.started_at, moment, moment, s.heir
        FROM superseded s
    ), relinked AS (
        UPDATE webhook_event_job link
        SET job_id = s.heir
        FROM superseded s
        WHERE link.project_id = s.project_id AND link.job_id = s.id
    ), retried AS (
        UPDATE webhook_events e
        SET retry_count = e.retry_count + 1
        FROM (
            SELECT DISTINCT link.event_id
            FROM released r
            JOIN webhook_event_job link ON link.project_id = r.project_id AND link.job_id = r.id
            WHERE counted
            ORDER BY link.event_id
        ) covered
        WHERE e.id = covered.event_id AND e.open_jobs > 0
    )
    SELECT r.id FROM released r;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.put_back_jobs(bigint[], bigint[], timestamptz[], text[], boolean, integer) IS
    'Puts running jobs back into the queue, or hands their work to the job that waits for the same. Counted: the attempt counts. Returns those that were still held.';

CREATE FUNCTION pipeline_internal.reclaim_expired_jobs(moment timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    crash_limit CONSTANT integer := 3;
    ended record;
BEGIN
    -- Another worker may be at it.
    PERFORM FROM queue_upkeep u
    WHERE u.leases_checked_at NOT BETWEEN moment - interval '1 second' AND moment
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE queue_upkeep SET leases_checked_at = moment;

    FOR ended IN
        SELECT e.given_up, array_agg(e.id) AS ids, array_agg(e.lease_token) AS tokens, array_agg(moment) AS run_ats,
            array_agg(e.detail) AS details
        FROM (
            SELECT r.id, r.lease_token, r.crashes + 1 >= crash_limit OR r.attempts >= r.max_attempts AS given_up,
                format('worker "%s" was lost during attempt %s of %s, its lease ran out at %s%s', r.worker_id, r.attempts,
                       r.max_attempts, to_char(r.lease_until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
                       CASE WHEN r.crashes + 1 >= crash_limit
                            THEN format('; given up after %s lost workers', r.crashes + 1) ELSE '' END) AS detail
            FROM job_queue_running r
            WHERE r.lease_until < moment
            ORDER BY r.id
            LIMIT 1000
            FOR UPDATE SKIP LOCKED
        ) e
        GROUP BY e.given_up
    LOOP
        IF ended.given_up THEN
            PERFORM end_jobs(ended.ids, ended.tokens, 'failed', ended.details, 1);
        ELSE
            PERFORM put_back_jobs(ended.ids, ended.tokens, ended.run_ats, ended.details, true, 1);
        END IF;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.reclaim_expired_jobs(timestamptz) IS
    'Jobs whose lease ran out go back into the queue at once; one that lost its worker for the third time, or on its last attempt, has failed.';
