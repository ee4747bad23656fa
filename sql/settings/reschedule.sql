-- Jobs follow their settings. pg_cron shows and lets change a role its own jobs only, and whoever may change a setting,
-- the poller for one, is seldom the role that scheduled them: this runs as the owner of the tables, who should be.
CREATE OR REPLACE FUNCTION pipeline_data.reschedule_changed_jobs() RETURNS TABLE(job_name text, schedule text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    moved text;
BEGIN
    SELECT known.job_name INTO moved
    FROM pipeline_job known JOIN scheduled_jobs() due ON due.job_name = known.job_name
    WHERE due.schedule <> known.schedule
    LIMIT 1;
    IF moved IS NULL THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM cron_rows(format(
        'SELECT to_jsonb(j.jobid) FROM cron.job j WHERE j.jobname = %L AND j.username = %L AND j.database = %L',
        cron_job_name(moved), current_user, current_database())))
    THEN
        RAISE WARNING USING
            MESSAGE = format('job "%s" keeps its schedule: role "%s" has not scheduled it', moved, current_user),
            HINT = 'Call schedule_pipeline_jobs() as the role that scheduled the jobs.';
        RETURN;
    END IF;
    RETURN QUERY SELECT s.job_name, s.schedule FROM schedule_pipeline_jobs() s WHERE s.action <> 'unchanged';
END;
$$;
COMMENT ON FUNCTION pipeline_data.reschedule_changed_jobs() IS
    'For configure_pipeline(): brings pg_cron up to date after a change of settings; the jobs that moved.';
ALTER FUNCTION pipeline_data.reschedule_changed_jobs() DEPENDS ON EXTENSION pipeline_forecast;
