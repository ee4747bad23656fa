-- The clock: what pg_cron runs, and when.

CREATE FUNCTION pipeline_internal.job_schedule()
RETURNS TABLE(job_name text, schedule text, pause interval, statement text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    VALUES
        ('refresh_conversion_views', '*/30 * * * *', interval '0', 'CALL pipeline.refresh_pipeline_views()'),
        ('forecast_snapshot_maintenance',
         format('%s %s * * *', pipeline_setting('snapshot_cron_minute_utc'), pipeline_setting('snapshot_cron_hour_utc')),
         '0', 'SELECT * FROM pipeline.run_daily_forecast_snapshot_maintenance()'),
        ('analysis_catch_up', '7-59/10 * * * *', '0', 'SELECT pipeline.analyze_due_projects()'),
        ('snapshot_catch_up', '5-59/10 * * * *', '0', 'SELECT pipeline.catch_up_forecast_snapshots()'),
        ('outlook', '9-59/10 * * * *', '0', 'CALL pipeline.maintain_outlook()'),
        ('cleanup', '40 3 * * *', '0', 'CALL pipeline.cleanup_pipeline_records()'),
        ('job_catch_up', '3-59/10 * * * *', '0', 'SELECT pipeline.catch_up_scheduled_jobs()'),
        ('rehydrate_delta', '0 * * * *', '0', NULL),
        ('rehydrate_recent', '0 */6 * * *', '0', NULL),
        -- Every 25 minutes: cron cannot say it. A little less, since pg_cron starts a job some moments early or late.
        ('monday_sync', '*/5 * * * *', '24 minutes', NULL),
        ('llm_backfill', '15 2 * * *', '0', NULL),
        ('reconcile', '30 1 * * *', '0', NULL)
$$;
COMMENT ON FUNCTION pipeline_internal.job_schedule() IS
    'What is done by the clock: a statement in the database or, without one, a job of that type, which a poller does; a job not again within its pause.';

CREATE FUNCTION pipeline_internal.poller_jobs() RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$ SELECT array_agg(job_name) FROM job_schedule() WHERE statement IS NULL $$;
COMMENT ON FUNCTION pipeline_internal.poller_jobs() IS 'The jobs that pg_cron only enqueues.';

CREATE FUNCTION pipeline_internal.scheduled_jobs() RETURNS TABLE(job_name text, schedule text, command text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT job_name, schedule, coalesce(statement, format('SELECT pipeline.enqueue_scheduled_job(%L)', job_name))
    FROM job_schedule()
$$;
COMMENT ON FUNCTION pipeline_internal.scheduled_jobs() IS 'The jobs that schedule_pipeline_jobs() installs.';

-- pg_cron knows jobs by their names, and a name such as "cleanup" may be somebody else's as well: a job is ours by what it
-- runs, which is what this version would schedule or what was scheduled last.
CREATE FUNCTION pipeline_internal.pipeline_commands() RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT array_agg(c.command) FROM (
        SELECT s.command FROM scheduled_jobs() s UNION SELECT j.command FROM pipeline_job j) c
$$;
COMMENT ON FUNCTION pipeline_internal.pipeline_commands() IS 'What the pg_cron jobs of this extension run, word for word.';

CREATE FUNCTION pipeline.schedule_pipeline_jobs()
RETURNS TABLE(job_name text, schedule text, action text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    job record;
    present jsonb;
    cron_timezone text := coalesce(current_setting('cron.timezone', true), 'GMT');
BEGIN
    PERFORM require_writable('schedule the pipeline jobs');
    PERFORM require_layout();
    IF upper(cron_timezone) NOT IN ('GMT', 'UTC') THEN
        RAISE WARNING USING
            MESSAGE = format('pg_cron runs by time zone %s, and the pipeline jobs are meant in UTC', cron_timezone),
            HINT = 'Set cron.timezone = ''GMT'' and restart the server, or move the hour by the setting snapshot_cron_hour_utc.';
    END IF;

    FOR job IN SELECT * FROM scheduled_jobs() LOOP
        SELECT r.row INTO present
        FROM cron_rows(format(
            'SELECT to_jsonb(j) FROM cron.job j WHERE j.jobname = %L AND j.username = %L AND j.database = %L',
            cron_job_name(job.job_name), current_user, current_database())) AS r (row);
        -- pg_cron would replace a job of that name.
        IF present->>'command' <> ALL (pipeline_commands()) THEN
            RAISE EXCEPTION USING
                ERRCODE = '42710',
                MESSAGE = format('pg_cron has a job "%s" of role "%s" that is not one of the pipeline', present->>'jobname', current_user),
                DETAIL = format('It runs: %s', left(present->>'command', 200)),
                HINT = 'Give it another name and call schedule_pipeline_jobs() again: cron.unschedule() and cron.schedule().';
        END IF;
        job_name := job.job_name;
        schedule := job.schedule;
        action := CASE
            WHEN present IS NULL THEN 'installed'
            WHEN (present->>'schedule', present->>'command') = (job.schedule, job.command) THEN 'unchanged'
            ELSE 'updated' END;
        IF action <> 'unchanged' THEN
            PERFORM cron_rows(CASE
                WHEN cron_job_name(job.job_name) = job.job_name THEN
                    format('SELECT to_jsonb(cron.schedule(%L, %L, %L))', job.job_name, job.schedule, job.command)
                ELSE
                    format('SELECT to_jsonb(cron.schedule_in_database(%L, %L, %L, %L))',
                           cron_job_name(job.job_name), job.schedule, job.command, current_database())
                END);
        END IF;
        INSERT INTO pipeline_job AS known (job_name, schedule, command)
        VALUES (job.job_name, job.schedule, job.command)
        ON CONFLICT ON CONSTRAINT pipeline_job_pkey DO UPDATE
        SET schedule = excluded.schedule, command = excluded.command, installed_at = excluded.installed_at
        WHERE (known.schedule, known.command) IS DISTINCT FROM (excluded.schedule, excluded.command);
        RETURN NEXT;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline.schedule_pipeline_jobs() IS
    'Installs the pg_cron jobs of this database, or brings them up to date; one row per job with what was done (installed, updated, unchanged). A job that was paused stays paused. Errors: 42710 a job of that name is somebody else''s, 55000 with a hint where there is no pg_cron.';

CREATE FUNCTION pipeline.unschedule_pipeline_jobs() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    removed integer;
BEGIN
    PERFORM require_writable('unschedule the pipeline jobs');
    PERFORM require_layout();
    -- By id: pg_cron looks a name up among the jobs of the calling user only.
    SELECT count(*) INTO removed
    FROM pipeline_job known
    CROSS JOIN LATERAL cron_rows(format(
        $sql$ SELECT to_jsonb(cron.unschedule(j.jobid)) FROM cron.job j
              WHERE j.jobname = %L AND j.database = %L AND j.command = ANY (%L::text[]) $sql$,
        cron_job_name(known.job_name), current_database(), pipeline_commands()));
    DELETE FROM pipeline_job;
    RETURN removed;
END;
$$;
COMMENT ON FUNCTION pipeline.unschedule_pipeline_jobs() IS
    'Removes the pg_cron jobs of this database; returns their number.';
