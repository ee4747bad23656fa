-- What a worker says of a run at its end: done, failed, to be put off, not begun.

CREATE FUNCTION pipeline_work.finish_jobs(ids bigint[], tokens bigint[], details text[] DEFAULT NULL)
RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_queue('finish jobs');
    IF (cardinality(ids) = cardinality(tokens)) IS NOT TRUE THEN
        PERFORM require_same_length('ids', cardinality(ids), 'tokens', cardinality(tokens));
    END IF;
    IF details IS NOT NULL THEN
        IF (cardinality(ids) = cardinality(details)) IS NOT TRUE THEN
        PERFORM require_same_length('ids', cardinality(ids), 'details', cardinality(details));
    END IF;
    END IF;
    RETURN QUERY SELECT * FROM end_jobs(ids, tokens, 'completed', details, 0);
END;
$$;
COMMENT ON FUNCTION pipeline_work.finish_jobs(bigint[], bigint[], text[]) IS
    'Completes running jobs, with the webhook events that they cover. Returns the ids that were completed; a missing one was lost before, and its work must not count. Errors: 22004, 22023.';

CREATE FUNCTION pipeline_internal.retry_delay(attempts integer) RETURNS interval
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    SELECT make_interval(secs => random() * least(3600, 10 * 2 ^ least(greatest($1, 1) - 1, 20)))
$$;
COMMENT ON FUNCTION pipeline_internal.retry_delay(integer) IS
    'Exponential backoff with full jitter: anything up to 10 s after the first attempt, doubling with each, up to an hour.';

CREATE FUNCTION pipeline_work.fail_job(id bigint, token bigint, detail text, retry boolean DEFAULT true) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    reason text := coalesce(nullif(btrim(detail), ''), 'the worker gave no reason');
    attempts integer;
    is_last boolean;
BEGIN
    PERFORM require_queue('fail a job');
    SELECT r.attempts, r.attempts >= r.max_attempts INTO attempts, is_last
    FROM job_queue_running r
    WHERE r.id = fail_job.id AND r.lease_token = token
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'lost';
    END IF;
    IF coalesce(retry, true) AND NOT is_last THEN
        PERFORM put_back_jobs(ARRAY[id], ARRAY[token],
            ARRAY[clock_timestamp() + retry_delay(attempts)], ARRAY[reason], true, 0);
        RETURN 'queued';
    END IF;
    PERFORM end_jobs(ARRAY[id], ARRAY[token], 'failed', ARRAY[reason], 0);
    RETURN 'failed';
END;
$$;
COMMENT ON FUNCTION pipeline_work.fail_job(bigint, bigint, text, boolean) IS
    'Ends a run with an error. Returns queued: it is tried again after a random delay that doubles its limit with each attempt (10 s to 1 h); failed: attempts are used up, or retry is false; lost: the job is no longer held, and nothing was changed.';

CREATE FUNCTION pipeline_work.wait_job(id bigint, token bigint, wait interval, detail text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    moment timestamptz := clock_timestamp();
    reason text := coalesce(nullif(btrim(detail), ''), 'put off by its provider');
    age_limit interval;
    is_too_old boolean;
BEGIN
    PERFORM require_queue('put off a job');
    IF wait IS NULL OR wait < interval '0' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('wait must be zero or longer, not %s', coalesce(wait::text, 'NULL')),
            HINT = 'Give the time that the provider asked for.';
    END IF;
    SELECT coalesce(t.max_age, interval '1 day'), r.created_at + coalesce(t.max_age, interval '1 day') < moment + wait
    INTO age_limit, is_too_old
    FROM job_queue_running r
    LEFT JOIN job_type t ON t.job_type = r.job_type
    WHERE r.id = wait_job.id AND r.lease_token = token
    FOR UPDATE OF r;
    IF NOT FOUND THEN
        RETURN 'lost';
    END IF;
    IF is_too_old THEN
        PERFORM end_jobs(ARRAY[id], ARRAY[token], 'failed',
            ARRAY[format('not done within %s: %s', age_limit, reason)], 0);
        RETURN 'failed';
    END IF;
    PERFORM put_back_jobs(ARRAY[id], ARRAY[token], ARRAY[moment + wait], ARRAY[reason], false, 0);
    RETURN 'queued';
END;
$$;
COMMENT ON FUNCTION pipeline_work.wait_job(bigint, bigint, interval, text) IS
    'Puts a running job off because a provider asked for it: the attempt does not count. Returns queued; failed if that would take it beyond the max_age of its type since it was enqueued; lost if it is no longer held. Error 22023 for a negative wait.';

CREATE FUNCTION pipeline_work.return_jobs(ids bigint[], tokens bigint[]) RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_queue('return jobs');
    IF (cardinality(ids) = cardinality(tokens)) IS NOT TRUE THEN
        PERFORM require_same_length('ids', cardinality(ids), 'tokens', cardinality(tokens));
    END IF;
    RETURN QUERY
    SELECT * FROM put_back_jobs(
        ids, tokens, array_fill(clock_timestamp(), ARRAY[cardinality(ids)]), NULL, false, 0);
    PERFORM pg_notify('pipeline_jobs', '');
END;
$$;
COMMENT ON FUNCTION pipeline_work.return_jobs(bigint[], bigint[]) IS
    'Gives back jobs that were claimed and not started: due at once, the attempt does not count. Returns the ids that were given back, and notifies pipeline_jobs. Errors: 22004, 22023.';
