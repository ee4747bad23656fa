-- Does what comes in get in, and does what was begun get done.

CREATE FUNCTION pipeline_internal.oldest_put_off_jobs() RETURNS TABLE(job_type text, waiting_since timestamptz, reason text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
-- One probe of the index for each type, however many jobs wait.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET jit = off
AS $$
BEGIN
    RETURN QUERY
    SELECT t.job_type, q.created_at, q.detail
    FROM job_type t
    LEFT JOIN provider_gate gate ON gate.provider = t.provider
    CROSS JOIN LATERAL (
        SELECT w.created_at, w.detail
        FROM job_queue_queued w
        WHERE w.job_type = t.job_type AND w.detail IS NOT NULL
        ORDER BY w.created_at
        LIMIT 1
    ) q
    -- That a provider is to be left alone is said once, of its gate.
    WHERE coalesce(gate.blocked_until <= now(), true);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.oldest_put_off_jobs() IS
    'For each type the first job that was tried or put off and waits again: since when there is work for it, and what the last run had to say. Types whose provider''s gate is shut are left out.';

CREATE FUNCTION pipeline_internal.check_waiting(max_queue_lag interval) RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE WHEN count(*) = 0 THEN ('ok', 'no work is put off, and none takes long', NULL)::health_verdict
            ELSE ('warn', string_agg(format('%s %s for %s s%s', w.job_type, w.what, floor(extract(epoch FROM now() - w.since)),
                                            ': ' || left(w.reason, 200)), '; ' ORDER BY w.since, w.job_type),
                  min(w.since))::health_verdict END
        FROM health_thresholds(max_queue_lag => max_queue_lag) t
        CROSS JOIN LATERAL (
            SELECT p.job_type, 'is put off' AS what, p.waiting_since AS since, p.reason FROM oldest_put_off_jobs() p
            UNION ALL
            -- Flows may read boards for hours; what concerns one project takes seconds.
            SELECT r.job_type, 'runs', min(r.started_at), NULL
            FROM job_queue_running r
            WHERE r.project_id IS NOT NULL
            GROUP BY r.job_type
        ) w
        WHERE w.since < now() - t.queue_stuck);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_waiting(interval) IS
    'A warning where work is put off again and again, or the job of a project runs for too long: each time it is tried soon, and yet it is not done.';

CREATE FUNCTION pipeline_internal.check_webhooks() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    most CONSTANT bigint := 10000;
    refused record;
    stored bigint;
BEGIN
    SELECT sum(r.requests) AS requests, max(r.last_at) AS last_at,
        string_agg(format('%s %s', r.requests, r.reason), ', ' ORDER BY r.requests DESC, r.reason) AS reasons
    INTO refused
    FROM (
        SELECT w.reason, sum(w.requests) AS requests, max(w.last_at) AS last_at
        FROM webhook_refusal w
        WHERE w.hour > now() - interval '1 day'
        GROUP BY w.reason
    ) r;
    IF refused.requests IS NULL THEN
        RETURN ('ok', 'no request was refused within a day', NULL)::health_verdict;
    END IF;
    SELECT count(*) INTO stored
    FROM (SELECT FROM webhook_events e WHERE e.received_at > now() - interval '1 day' LIMIT least(10 * refused.requests, most)) e;
    -- Strangers find any address; a sender of ours that is not let in is more than a tenth of what comes.
    RETURN (CASE WHEN stored < least(10 * refused.requests, most) THEN 'warn' ELSE 'ok' END,
            format('%s requests were refused within a day: %s%s', refused.requests, refused.reasons,
                   CASE WHEN stored = 0 THEN '; no event was taken in' END),
            refused.last_at)::health_verdict;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_webhooks() IS
    'A warning where more than a tenth of the requests that brought webhooks within a day showed no valid credentials, with what was wrong with them; since is the last one.';
