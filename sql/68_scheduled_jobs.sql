-- Jobs that pg_cron only enqueues; a poller does them.

CREATE FUNCTION @extschema@.enqueue_scheduled_job(job_name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    -- A little less than the time itself: pg_cron starts a job some moments early or late.
    pause interval := CASE job_name WHEN 'monday_sync' THEN interval '24 minutes' ELSE interval '0' END;
BEGIN
    PERFORM @extschema@._require_writable('enqueue a job');
    PERFORM @extschema@._require_layout();
    IF job_name IS NULL OR NOT job_name = ANY (@extschema@._poller_jobs()) THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN job_name IS NULL THEN '22004' ELSE '22023' END,
            MESSAGE = format('unknown scheduled job "%s"', coalesce(job_name, 'NULL')),
            HINT = format('Scheduled jobs of the poller are %s.', array_to_string(@extschema@._poller_jobs(), ', '));
    END IF;
    -- Without boards there is nothing to do, and nobody to do it.
    IF NOT EXISTS (SELECT FROM @extschema@.monday_board b WHERE b.is_active AND b.role = 'parent') THEN
        RETURN NULL;
    END IF;
    UPDATE @extschema@.pipeline_job j
    SET enqueued_at = now()
    WHERE j.job_name = job_name AND coalesce(j.enqueued_at, '-infinity') <= now() - pause;
    IF NOT FOUND AND EXISTS (SELECT FROM @extschema@.pipeline_job j WHERE j.job_name = job_name) THEN
        RETURN NULL;
    END IF;
    RETURN @extschema@.enqueue_job(job_name);
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.enqueue_scheduled_job(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.enqueue_scheduled_job(text) IS
    'What pg_cron calls for the jobs of the poller: enqueues one and returns its id; NULL where no boards are configured, and for monday_sync within 25 minutes of the last. Errors: 22023 unknown job, 22004 null.';

CREATE FUNCTION @extschema@.catch_up_scheduled_jobs() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caught_up integer;
BEGIN
    PERFORM @extschema@._require_writable('catch up on scheduled jobs');
    PERFORM @extschema@._require_layout();
    -- Runs of workers that are gone would otherwise stay running until the next run begins.
    PERFORM @extschema@.fail_abandoned_sync_runs();
    SELECT count(@extschema@.enqueue_scheduled_job(s.job_name)) INTO caught_up
    FROM @extschema@._pipeline_schedule() s
    WHERE s.overdue AND s.active AND s.job_name = ANY (@extschema@._poller_jobs());
    RETURN caught_up;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.catch_up_scheduled_jobs() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.catch_up_scheduled_jobs() IS
    'Enqueues jobs of the poller whose time has passed without them, each once, and marks abandoned sync runs failed. A job that was paused stays paused. Returns how many were enqueued.';
