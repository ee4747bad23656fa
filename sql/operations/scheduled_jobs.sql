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
    SELECT count(enqueue_scheduled_job(s.job_name)) INTO caught_up
    FROM schedule_rows() s
    WHERE s.overdue AND s.active AND s.job_name = ANY (poller_jobs());
    RETURN caught_up;
END;
$$;
COMMENT ON FUNCTION pipeline.catch_up_scheduled_jobs() IS
    'Enqueues jobs of the poller whose time has passed without them, each once, and marks abandoned sync runs failed. A job that was paused stays paused. Returns how many were enqueued.';
