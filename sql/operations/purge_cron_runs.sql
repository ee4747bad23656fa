-- pg_cron lets a role see and remove its own runs only: the function runs as the owner of the jobs.

CREATE OR REPLACE FUNCTION pipeline_data.purge_cron_runs(before timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF EXISTS (SELECT FROM pipeline_job) THEN
        PERFORM cron_rows(format($sql$
            WITH old AS (
                DELETE FROM cron.job_run_details d
                USING cron.job j
                WHERE d.jobid = j.jobid AND j.database = %L AND d.end_time < %L RETURNING 1)
            SELECT to_jsonb(count(*)) FROM old $sql$, current_database(), before));
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_data.purge_cron_runs(timestamptz) IS
    'Removes what pg_cron recorded of runs in this database that ended before a moment.';
ALTER FUNCTION pipeline_data.purge_cron_runs(timestamptz) DEPENDS ON EXTENSION pipeline_forecast;
