-- What is scheduled and how it went. pg_cron shows a role its own jobs only: the function runs as their owner.

CREATE OR REPLACE FUNCTION pipeline_data.schedule_rows()
RETURNS TABLE(
    job_name text,
    schedule text,
    command text,
    active boolean,
    last_run timestamptz,
    last_outcome text,
    last_message text,
    next_run timestamptz,
    overdue boolean
)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    RETURN QUERY
    SELECT
        j.job_name, j.schedule, j.command,
        coalesce((cron.row->>'active')::boolean, false),
        (cron.row->>'start_time')::timestamptz,
        cron.row->>'status',
        cron.row->>'return_message',
        CASE WHEN (cron.row->>'active')::boolean THEN pipeline_cron_next(j.schedule, now()) END,
        coalesce(greatest((cron.row->>'start_time')::timestamptz, j.enqueued_at), j.installed_at)
            < pipeline_cron_previous(j.schedule, now() - (health_thresholds()).schedule_grace)
    FROM pipeline_job j
    LEFT JOIN cron_rows(format($sql$
        SELECT to_jsonb(jobs) FROM (
            SELECT j.jobname, j.active, d.start_time, d.status, d.return_message
            FROM cron.job j
            LEFT JOIN LATERAL (
                SELECT start_time, status, return_message FROM cron.job_run_details
                WHERE jobid = j.jobid ORDER BY runid DESC LIMIT 1
            ) d ON true
            WHERE j.database = %L AND j.command = ANY (%L::text[])
        ) jobs $sql$, current_database(), pipeline_commands())) AS cron (row)
        ON cron.row->>'jobname' = cron_job_name(j.job_name)
    ORDER BY j.job_name;
END;
$$;
COMMENT ON FUNCTION pipeline_data.schedule_rows() IS 'The rows of pipeline_schedule.';
ALTER FUNCTION pipeline_data.schedule_rows() DEPENDS ON EXTENSION pipeline_forecast;

CREATE OR REPLACE VIEW pipeline.pipeline_schedule AS SELECT * FROM schedule_rows();
COMMENT ON VIEW pipeline.pipeline_schedule IS
    'The scheduled jobs: last run with its outcome, next run, and whether one is overdue. A job whose active is false was paused or is missing from pg_cron.';
