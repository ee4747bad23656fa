-- pg_cron lets a role see and remove its own runs only: the function runs as the owner of the jobs.

CREATE OR REPLACE FUNCTION pipeline_data.purge_cron_runs(before timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF EXISTS (SELECT FROM pipeline_job) THEN
        -- Runs of somebody else's jobs are not ours to remove.
        PERFORM cron_rows(format($sql$
            WITH old AS (
                DELETE FROM cron.job_run_details d
                USING cron.job j
                WHERE d.jobid = j.jobid AND j.database = %L AND j.jobname = ANY (%L::text[]) AND j.command = ANY (%L::text[])
                  AND d.end_time < to_timestamp(%L) RETURNING 1)
            SELECT to_jsonb(count(*)) FROM old $sql$, current_database(),
            (SELECT array_agg(cron_job_name(k.job_name)) FROM pipeline_job k), pipeline_commands(), extract(epoch FROM before)));
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_data.purge_cron_runs(timestamptz) IS
    'Removes what pg_cron recorded of runs of the pipeline''s jobs that ended before a moment.';
ALTER FUNCTION pipeline_data.purge_cron_runs(timestamptz) DEPENDS ON EXTENSION pipeline_forecast;
