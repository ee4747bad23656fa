-- Is the work done that waits in the queue and stands in the schedule.

CREATE FUNCTION pipeline_internal.oldest_due_jobs() RETURNS TABLE(job_type text, is_known boolean, due_since timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
-- From type to type and priority to priority along the index, however many jobs wait.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET jit = off
AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE step AS (
        (SELECT q.job_type, q.priority FROM job_queue_queued q ORDER BY q.job_type, q.priority LIMIT 1)
        UNION ALL
        SELECT n.*
        FROM step s
        CROSS JOIN LATERAL (
            SELECT q.job_type, q.priority FROM job_queue_queued q
            WHERE (q.job_type, q.priority) > (s.job_type, s.priority)
            ORDER BY q.job_type, q.priority
            LIMIT 1
        ) n
    )
    SELECT s.job_type, t.job_type IS NOT NULL, due.since
    FROM step s
    LEFT JOIN job_type t ON t.job_type = s.job_type
    LEFT JOIN provider_gate gate ON gate.provider = t.provider
    CROSS JOIN LATERAL (
        SELECT greatest(q.run_at, q.created_at) AS since
        FROM job_queue_queued q
        WHERE q.job_type = s.job_type AND q.priority = s.priority AND q.run_at <= now()
        ORDER BY q.run_at
        LIMIT 1
    ) due
    -- Put off by a provider is not late.
    WHERE coalesce(gate.blocked_until <= now(), true);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.oldest_due_jobs() IS
    'For each type and priority of jobs that are due, since when the first of them is; types whose provider''s gate is shut are left out.';

CREATE FUNCTION pipeline_internal.check_queue(max_queue_lag interval) RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN stuck.lease_until < now() - t.queue_stuck THEN
                ('bad', format('the lease of a job ran out %s s ago, and no poller takes it up',
                               floor(extract(epoch FROM now() - stuck.lease_until))), stuck.lease_until)::health_verdict
            WHEN due.since IS NULL THEN ('ok', 'no job is due', NULL)::health_verdict
            ELSE (CASE WHEN due.since < now() - t.queue_stuck THEN 'bad' ELSE 'ok' END,
                  format('the oldest due job has waited for %s s', floor(extract(epoch FROM now() - due.since))),
                  CASE WHEN due.since < now() - t.queue_stuck THEN due.since END)::health_verdict END
        FROM health_thresholds(max_queue_lag => max_queue_lag) t
        -- Types that nobody works are not the fault of those who work.
        CROSS JOIN (SELECT min(o.due_since) AS since FROM oldest_due_jobs() o WHERE o.is_known) due
        CROSS JOIN (SELECT min(r.lease_until) AS lease_until FROM job_queue_running r) stuck);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_queue(interval) IS
    'Bad where a job that is due waits for too long, or one is left by a worker that is gone.';

CREATE FUNCTION pipeline_internal.check_job_types() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE WHEN count(*) = 0 THEN ('ok', 'every job that is due has a type that pollers work', NULL)::health_verdict
            ELSE ('warn', format('no poller works jobs of type %s', string_agg(DISTINCT quote_literal(o.job_type), ', ')),
                  min(o.due_since))::health_verdict END
        FROM oldest_due_jobs() o
        WHERE NOT o.is_known);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_job_types() IS 'A warning where jobs of unknown types are due, which nobody will do.';

CREATE FUNCTION pipeline_internal.check_gates() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE WHEN count(*) = 0 THEN ('ok', 'no provider asks to be left alone', NULL)::health_verdict
            ELSE ('warn', string_agg(
                      format('%s until %s UTC%s', g.provider,
                             to_char(g.blocked_until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ': ' || left(g.reason, 200)),
                      '; ' ORDER BY g.provider), NULL)::health_verdict END
        FROM provider_gate g
        WHERE g.blocked_until > now());
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_gates() IS
    'A warning where the gate of a provider is shut, with until when and why; no bad one, since it opens by itself.';

CREATE FUNCTION pipeline_internal.check_jobs() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    most CONSTANT integer := 1000;
BEGIN
    RETURN (
        SELECT CASE WHEN count(*) = 0 THEN ('ok', 'none failed within a day', NULL)::health_verdict
            ELSE ('bad', format('%s failed within a day: %s', CASE WHEN count(*) < most THEN '' ELSE 'at least ' END || count(*),
                                string_agg(DISTINCT failed.job_type, ', ')), min(failed.finished_at))::health_verdict END
        FROM (
            SELECT f.job_type, f.finished_at
            FROM job_queue_finished f
            -- Another job does the work of one with a successor; one that was done later is made up for.
            WHERE f.status = 'failed' AND f.successor_id IS NULL
              AND f.finished_at > now() - (health_thresholds()).job_failures_of
              AND NOT EXISTS (
                  SELECT FROM job_queue_finished later
                  WHERE later.project_id = f.project_id AND later.job_type = f.job_type AND later.finished_at > f.finished_at
                    AND later.status = 'completed')
            ORDER BY f.finished_at DESC
            LIMIT most
        ) failed);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_jobs() IS
    'Bad where jobs failed within a day and their work was not done since, by another job or by a later one of the project.';

CREATE FUNCTION pipeline_internal.schedule_as_known() RETURNS json
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET timezone = 'UTC'
AS $$
DECLARE
    answer json;
BEGIN
    SELECT json_agg(json_build_object(
        'job_name', s.job_name, 'schedule', s.schedule, 'active', s.active, 'last_run', s.last_run,
        'last_outcome', s.last_outcome, 'last_message', s.last_message, 'next_run', s.next_run, 'overdue', s.overdue)
        ORDER BY s.job_name)
    INTO answer
    FROM schedule_rows() s;
    RETURN coalesce(answer, '[]');
EXCEPTION WHEN insufficient_privilege OR object_not_in_prerequisite_state THEN
    -- Whoever may not read pg_cron, or has none, still knows what was scheduled.
    SELECT json_agg(json_build_object(
        'job_name', j.job_name, 'schedule', j.schedule, 'active', NULL, 'last_run', j.enqueued_at,
        'last_outcome', NULL, 'last_message', NULL, 'next_run', pipeline_cron_next(j.schedule, now()),
        'overdue', NULL) ORDER BY j.job_name)
    INTO answer
    FROM pipeline_job j;
    RETURN coalesce(answer, '[]');
END;
$$;
COMMENT ON FUNCTION pipeline_internal.schedule_as_known() IS
    'The scheduled jobs with what this role may know of their runs.';

CREATE FUNCTION pipeline_internal.check_schedule() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN count(*) = 0 THEN ('warn', 'nothing is scheduled', NULL)::health_verdict
            WHEN count(*) FILTER (WHERE job.trouble IS NOT NULL) = 0 THEN
                ('ok', CASE WHEN bool_and(job.is_judged) THEN format('%s scheduled, none late or failed', count(*))
                            ELSE format('%s scheduled; how they went is not for this role to see', count(*)) END,
                 NULL)::health_verdict
            ELSE (CASE WHEN bool_or(job.trouble <> 'is paused or gone from pg_cron') THEN 'bad' ELSE 'warn' END,
                  string_agg(format('%s %s', job.job_name, job.trouble), '; ' ORDER BY job.job_name)
                      FILTER (WHERE job.trouble IS NOT NULL),
                  min(job.last_run) FILTER (WHERE job.trouble IS NOT NULL))::health_verdict END
        FROM (
            SELECT s.job_name, s.last_run, s.active IS NOT NULL AS is_judged,
                CASE WHEN s.overdue THEN 'is overdue'
                     WHEN s.last_outcome = 'failed' THEN 'failed'
                     WHEN NOT s.active THEN 'is paused or gone from pg_cron' END AS trouble
            FROM json_to_recordset(schedule_as_known())
                AS s (job_name text, last_run timestamptz, active boolean, overdue boolean, last_outcome text)
        ) job);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_schedule() IS
    'Bad where a scheduled job is overdue or its last run failed; a warning where one is paused, or where nothing is scheduled.';
