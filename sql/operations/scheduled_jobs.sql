-- Jobs that pg_cron only enqueues; a poller does them.

CREATE FUNCTION pipeline.enqueue_scheduled_job(job_name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    pause interval := (SELECT s.pause FROM job_schedule() s WHERE s.job_name = job_name AND s.statement IS NULL);
BEGIN
    PERFORM require_writable('enqueue a job');
    PERFORM require_layout();
    IF pause IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN job_name IS NULL THEN '22004' ELSE '22023' END,
            MESSAGE = format('unknown scheduled job "%s"', coalesce(job_name, 'NULL')),
            HINT = format('Scheduled jobs of the poller are %s.', array_to_string(poller_jobs(), ', '));
    END IF;
    -- Without boards there is nothing to do, and nobody to do it.
    IF NOT EXISTS (SELECT FROM monday_board b WHERE b.is_active AND b.role = 'parent') THEN
        RETURN NULL;
    END IF;
    UPDATE pipeline_job j
    SET enqueued_at = now()
    WHERE j.job_name = job_name AND coalesce(j.enqueued_at, '-infinity') <= now() - pause;
    IF NOT FOUND AND EXISTS (SELECT FROM pipeline_job j WHERE j.job_name = job_name) THEN
        RETURN NULL;
    END IF;
    RETURN enqueue_job(job_name);
END;
$$;
COMMENT ON FUNCTION pipeline.enqueue_scheduled_job(text) IS
    'What pg_cron calls for the jobs of the poller: enqueues one and returns its id; NULL where no boards are configured, and for monday_sync within 25 minutes of the last. Errors: 22023 unknown job, 22004 null.';

-- What failed for good may have met a full disk, or a bug that is mended by now. Syncs and the nightly back-fill find by
-- themselves what is left to do; analyses, and projects that a webhook spoke of, are only known by their jobs.
CREATE FUNCTION pipeline_work.retry_failed_jobs() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    most_retries CONSTANT integer := 7;
    failed record;
    again bigint;
    retried integer := 0;
BEGIN
    PERFORM require_queue('try failed jobs again');
    FOR failed IN
        SELECT f.*, n.retries
        FROM job_queue_finished f
        CROSS JOIN LATERAL (SELECT CASE jsonb_typeof(f.payload->'retries') WHEN 'number' THEN (f.payload->>'retries')::numeric ELSE 0 END AS retries) n
        WHERE f.status = 'failed' AND f.successor_id IS NULL AND f.job_type IN ('analyze', 'rehydrate_and_analyze')
          AND f.finished_at > now() - interval '7 days' AND n.retries < most_retries
          -- Within the hour first, as by the next sync, and then once a day.
          AND f.finished_at < now() - CASE WHEN n.retries = 0 THEN interval '1 hour' ELSE interval '1 day' END
          -- Something else has done it, or is about to.
          AND NOT EXISTS (
              SELECT FROM job_queue later
              WHERE later.job_type = f.job_type AND later.project_id IS NOT DISTINCT FROM f.project_id
                AND (later.status IN ('queued', 'running') OR later.status = 'completed' AND later.finished_at > f.finished_at))
          AND (f.project_id IS NULL OR EXISTS (SELECT FROM projects p WHERE p.monday_id = f.project_id AND p.state = 'active'))
        ORDER BY f.finished_at DESC
        LIMIT 1000
        FOR UPDATE OF f SKIP LOCKED
    LOOP
        again := enqueue_job(failed.job_type, failed.project_id, failed.payload || jsonb_build_object('retries', failed.retries + 1));
        UPDATE job_queue_finished f SET successor_id = again WHERE f.id = failed.id;
        retried := retried + 1;
    END LOOP;
    RETURN retried;
END;
$$;
COMMENT ON FUNCTION pipeline_work.retry_failed_jobs() IS
    'Enqueues anew what failed for good and was not done since: analyses and projects of webhooks, after an hour and then once a day, seven times at most. Returns how many.';

CREATE FUNCTION pipeline.catch_up_scheduled_jobs() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    caught_up integer;
BEGIN
    PERFORM require_writable('catch up on scheduled jobs');
    PERFORM require_layout();
    -- Runs of workers that are gone would otherwise stay running until the next run begins.
    PERFORM fail_abandoned_sync_runs();
    BEGIN
        PERFORM retry_failed_jobs();
    EXCEPTION WHEN OTHERS THEN
        -- What was missed is not kept waiting by what failed.
        RAISE WARNING USING ERRCODE = SQLSTATE, MESSAGE = format('failed jobs could not be tried again: %s', SQLERRM);
    END;
    SELECT count(enqueue_scheduled_job(s.job_name)) INTO caught_up
    FROM schedule_rows() s
    WHERE s.overdue AND s.active AND s.job_name = ANY (poller_jobs());
    RETURN caught_up;
END;
$$;
COMMENT ON FUNCTION pipeline.catch_up_scheduled_jobs() IS
    'Enqueues jobs of the poller whose time has passed without them, each once, marks abandoned sync runs failed, and lets jobs that failed for good be tried again (retry_failed_jobs()). A job that was paused stays paused. Returns how many were enqueued.';
