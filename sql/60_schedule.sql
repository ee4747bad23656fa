-- The clock: pg_cron jobs, in this database or from another database of the cluster.

CREATE FUNCTION @extschema@.pipeline_cron_next(schedule text, after timestamptz) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_cron_next';
COMMENT ON FUNCTION @extschema@.pipeline_cron_next(text, timestamptz) IS
    'The first run of a five-field cron schedule (UTC) after a moment; NULL if it never comes. Error 22023 for an invalid schedule.';

CREATE FUNCTION @extschema@.pipeline_cron_previous(schedule text, moment timestamptz) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_cron_previous';
COMMENT ON FUNCTION @extschema@.pipeline_cron_previous(text, timestamptz) IS
    'The last run of a five-field cron schedule (UTC) at or before a moment. Error 22023 for an invalid schedule.';

CREATE FUNCTION @extschema@._poller_jobs() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['rehydrate_delta', 'rehydrate_recent', 'monday_sync', 'llm_backfill', 'reconcile'];
COMMENT ON FUNCTION @extschema@._poller_jobs() IS 'API: private. The jobs that pg_cron only enqueues.';

CREATE FUNCTION @extschema@._pipeline_jobs() RETURNS TABLE(job_name text, schedule text, command text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    VALUES
        ('refresh_conversion_views', '*/30 * * * *',
         'CALL @extschema@.refresh_pipeline_views()'),
        ('forecast_snapshot_maintenance',
         format('%s %s * * *', @extschema@.pipeline_setting('snapshot_cron_minute_utc'),
                @extschema@.pipeline_setting('snapshot_cron_hour_utc')),
         'SELECT * FROM @extschema@.run_daily_forecast_snapshot_maintenance()'),
        ('snapshot_catch_up', '5-59/10 * * * *',
         'SELECT @extschema@.catch_up_forecast_snapshots()'),
        ('cleanup', '40 3 * * *',
         'CALL @extschema@.cleanup_pipeline_records()'),
        ('job_catch_up', '3-59/10 * * * *',
         'SELECT @extschema@.catch_up_scheduled_jobs()')
    UNION ALL
    SELECT job.name,
        CASE job.name
            WHEN 'rehydrate_delta' THEN '0 * * * *'
            WHEN 'rehydrate_recent' THEN '0 */6 * * *'
            -- Every 25 minutes: cron cannot say it, the command counts them.
            WHEN 'monday_sync' THEN '*/5 * * * *'
            WHEN 'llm_backfill' THEN '15 2 * * *'
            WHEN 'reconcile' THEN '30 1 * * *' END,
        format('SELECT @extschema@.enqueue_scheduled_job(%L)', job.name)
    FROM unnest(@extschema@._poller_jobs()) AS job (name)
$$;
COMMENT ON FUNCTION @extschema@._pipeline_jobs() IS 'API: private. The jobs that schedule_pipeline_jobs() installs.';

CREATE FUNCTION @extschema@._cron_rows(query text) RETURNS SETOF jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Known once pg_cron is among shared_preload_libraries. Without it the name may still stand in postgresql.conf, as
    -- a setting that no library knows; pg_settings leaves such ones out, and for lesser roles this one as well.
    cron_database text := CASE
        WHEN NOT pg_has_role('pg_read_all_settings', 'USAGE')
            OR EXISTS (SELECT FROM pg_settings WHERE name = 'cron.database_name')
        THEN current_setting('cron.database_name', true) END;
    dblink_schema text;
    connection text;
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        RETURN QUERY EXECUTE query;
        RETURN;
    END IF;
    IF cron_database IS NULL OR cron_database = current_database() THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('pg_cron is not available to database "%s"', current_database()),
            DETAIL = CASE WHEN cron_database IS NULL
                          THEN 'The server was started without pg_cron.'
                          ELSE 'The server runs pg_cron for this database, but its extension is not created.' END,
            HINT = CASE WHEN cron_database IS NULL
                        THEN 'Install pg_cron (Debian: postgresql-15-cron), set shared_preload_libraries = ''pg_cron'' and cron.database_name, and restart the server. Without it, call run_daily_forecast_snapshot_maintenance() and refresh_conversion_views() from any other scheduler.'
                        ELSE 'CREATE EXTENSION pg_cron;' END;
    END IF;

    SELECT quote_ident(n.nspname) INTO dblink_schema
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'dblink';
    IF dblink_schema IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('pg_cron lives in database "%s", which is reached through dblink', cron_database),
            HINT = 'CREATE EXTENSION dblink in this database and call the function again.';
    END IF;
    connection := format('dbname=%L port=%L user=%L', cron_database, current_setting('port'), current_user);
    IF pg_has_role('pg_read_all_settings', 'USAGE') AND current_setting('unix_socket_directories') <> '' THEN
        connection := connection || format(
            ' host=%L', btrim(split_part(current_setting('unix_socket_directories'), ',', 1)));
    END IF;
    RETURN QUERY EXECUTE format('SELECT r.row FROM %s.dblink(%L, %L) AS r (row jsonb)', dblink_schema, connection, query);
END;
$$;
REVOKE ALL ON FUNCTION @extschema@._cron_rows(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@._cron_rows(text) IS
    'API: private. Runs a query that returns one jsonb column where pg_cron lives: here, or in its database through dblink. Error 55000 with a hint where there is no pg_cron.';

-- In its own database pg_cron knows a job by its plain name; in a database that serves several, by name@database.
CREATE FUNCTION @extschema@._cron_job_name(job_name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN $1
           ELSE $1 || '@' || current_database() END
$$;
COMMENT ON FUNCTION @extschema@._cron_job_name(text) IS 'API: private. The name under which pg_cron knows a job.';

CREATE FUNCTION @extschema@.schedule_pipeline_jobs()
RETURNS TABLE(job_name text, schedule text, action text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job record;
    present jsonb;
    cron_timezone text := coalesce(current_setting('cron.timezone', true), 'GMT');
BEGIN
    PERFORM @extschema@._require_writable('schedule the pipeline jobs');
    PERFORM @extschema@._require_layout();
    IF upper(cron_timezone) NOT IN ('GMT', 'UTC') THEN
        RAISE WARNING USING
            MESSAGE = format('pg_cron runs by time zone %s, and the pipeline jobs are meant in UTC', cron_timezone),
            HINT = 'Set cron.timezone = ''GMT'' and restart the server, or move the hour by the setting pipeline_forecast.snapshot_cron_hour_utc.';
    END IF;

    FOR job IN SELECT * FROM @extschema@._pipeline_jobs() LOOP
        SELECT r.row INTO present
        FROM @extschema@._cron_rows(format(
            'SELECT to_jsonb(j) FROM cron.job j WHERE j.jobname = %L AND j.username = %L AND j.database = %L',
            @extschema@._cron_job_name(job.job_name), current_user, current_database())) AS r (row);
        job_name := job.job_name;
        schedule := job.schedule;
        action := CASE
            WHEN present IS NULL THEN 'installed'
            WHEN (present->>'schedule', present->>'command') = (job.schedule, job.command) THEN 'unchanged'
            ELSE 'updated' END;
        IF action <> 'unchanged' THEN
            PERFORM @extschema@._cron_rows(CASE
                WHEN @extschema@._cron_job_name(job.job_name) = job.job_name THEN
                    format('SELECT to_jsonb(cron.schedule(%L, %L, %L))', job.job_name, job.schedule, job.command)
                ELSE
                    format('SELECT to_jsonb(cron.schedule_in_database(%L, %L, %L, %L))',
                           @extschema@._cron_job_name(job.job_name), job.schedule, job.command, current_database())
                END);
        END IF;
        INSERT INTO @extschema@.pipeline_job AS known (job_name, schedule, command)
        VALUES (job.job_name, job.schedule, job.command)
        ON CONFLICT ON CONSTRAINT pipeline_job_pkey DO UPDATE
        SET schedule = excluded.schedule, command = excluded.command, installed_at = excluded.installed_at
        WHERE (known.schedule, known.command) IS DISTINCT FROM (excluded.schedule, excluded.command);
        RETURN NEXT;
    END LOOP;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.schedule_pipeline_jobs() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.schedule_pipeline_jobs() IS
    'Installs the pg_cron jobs of this database, or brings them up to date; one row per job with what was done (installed, updated, unchanged). A job that was paused stays paused. Error 55000 with a hint where there is no pg_cron.';

CREATE FUNCTION @extschema@.unschedule_pipeline_jobs() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    removed integer;
BEGIN
    PERFORM @extschema@._require_writable('unschedule the pipeline jobs');
    PERFORM @extschema@._require_layout();
    -- By id: pg_cron looks a name up among the jobs of the calling user only.
    SELECT count(*) INTO removed
    FROM @extschema@.pipeline_job known
    CROSS JOIN LATERAL @extschema@._cron_rows(format(
        'SELECT to_jsonb(cron.unschedule(j.jobid)) FROM cron.job j WHERE j.jobname = %L AND j.database = %L',
        @extschema@._cron_job_name(known.job_name), current_database()));
    DELETE FROM @extschema@.pipeline_job;
    RETURN removed;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.unschedule_pipeline_jobs() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.unschedule_pipeline_jobs() IS
    'Removes the pg_cron jobs of this database; returns their number.';

CREATE FUNCTION @extschema@._pipeline_schedule()
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
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM @extschema@._require_layout();
    RETURN QUERY
    SELECT
        j.job_name, j.schedule, j.command,
        coalesce((cron.row->>'active')::boolean, false),
        (cron.row->>'start_time')::timestamptz,
        cron.row->>'status',
        cron.row->>'return_message',
        CASE WHEN (cron.row->>'active')::boolean THEN @extschema@.pipeline_cron_next(j.schedule, now()) END,
        -- Two minutes of grace: pg_cron starts jobs a little after the full minute.
        coalesce(greatest((cron.row->>'start_time')::timestamptz, j.enqueued_at), j.installed_at)
            < @extschema@.pipeline_cron_previous(j.schedule, now() - interval '2 minutes')
    FROM @extschema@.pipeline_job j
    LEFT JOIN @extschema@._cron_rows(format($sql$
        SELECT to_jsonb(jobs) FROM (
            SELECT j.jobname, j.active, d.start_time, d.status, d.return_message
            FROM cron.job j
            LEFT JOIN LATERAL (
                SELECT start_time, status, return_message FROM cron.job_run_details
                WHERE jobid = j.jobid ORDER BY runid DESC LIMIT 1
            ) d ON true
            WHERE j.database = %L
        ) jobs $sql$, current_database())) AS cron (row)
        ON cron.row->>'jobname' = @extschema@._cron_job_name(j.job_name)
    ORDER BY j.job_name;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@._pipeline_schedule() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@._pipeline_schedule() IS 'API: private. The rows of pipeline_schedule.';

CREATE VIEW @extschema@.pipeline_schedule AS SELECT * FROM @extschema@._pipeline_schedule();
COMMENT ON VIEW @extschema@.pipeline_schedule IS
    'The scheduled jobs: last run with its outcome, next run, and whether one is overdue. A job whose active is false was paused or is missing from pg_cron.';

CREATE FUNCTION @extschema@.catch_up_forecast_snapshots() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    today date := @extschema@.pipeline_today();
    due timestamptz := (today + make_time(
        @extschema@.pipeline_setting('snapshot_cron_hour_utc')::integer,
        @extschema@.pipeline_setting('snapshot_cron_minute_utc')::integer, 0)) AT TIME ZONE 'UTC';
    newest date;
    missed date;
    taken integer := 0;
BEGIN
    PERFORM @extschema@._require_writable('catch up on forecast snapshots');
    PERFORM @extschema@._require_layout();
    -- The lock of today's snapshot: a daily run that is still busy is waited for, not repeated.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.snapshot'), today - date '2000-01-01');

    SELECT max(snapshot_date) INTO newest FROM @extschema@.pipeline_forecast_snapshot_day WHERE snapshot_date < today;
    FOR missed IN
        SELECT g::date
        FROM generate_series(
            greatest(newest + 1, today - 31, timezone('UTC', @extschema@._history_begins())::date),
            today - 1, interval '1 day') AS g
        WHERE newest IS NOT NULL
    LOOP
        PERFORM @extschema@.create_pipeline_forecast_snapshot(missed);
        taken := taken + 1;
    END LOOP;

    IF now() >= due + interval '2 minutes' AND NOT EXISTS (
        SELECT FROM @extschema@.pipeline_forecast_snapshot_day d
        WHERE d.snapshot_date = today AND d.created_at >= due
    ) THEN
        PERFORM @extschema@.run_daily_forecast_snapshot_maintenance();
        taken := taken + 1;
    END IF;
    RETURN taken;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.catch_up_forecast_snapshots() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.catch_up_forecast_snapshots() IS
    'Takes the daily snapshot if its time has passed without one, and those of up to 31 missed days since the last snapshot from history. Returns how many. Does nothing when nothing was missed.';

-- Commits after each batch, so that no long transaction holds back vacuum; therefore every name is qualified.
CREATE PROCEDURE @extschema@.cleanup_pipeline_records(batch_size integer DEFAULT 10000)
LANGUAGE plpgsql
AS $$
DECLARE
    statement pg_catalog.text;
    oldest_kept pg_catalog.timestamptz := pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(
        days => @extschema@.pipeline_setting('log_retention_days')::pg_catalog.int4);
    removed pg_catalog.int8;
BEGIN
    PERFORM @extschema@._require_writable('remove old records');
    PERFORM @extschema@._require_layout();
    FOREACH statement IN ARRAY ARRAY[
        'WITH gone AS (
            DELETE FROM @extschema@.refresh_log WHERE id IN (
                SELECT id FROM @extschema@.refresh_log WHERE started_at OPERATOR(pg_catalog.<) $1 LIMIT $2)
            RETURNING 1)
         SELECT pg_catalog.count(*) FROM gone',
        'WITH gone AS (
            DELETE FROM @extschema@.sync_log WHERE id IN (
                SELECT id FROM @extschema@.sync_log
                WHERE started_at OPERATOR(pg_catalog.<) $1 AND status OPERATOR(pg_catalog.<>) ''running'' LIMIT $2)
            RETURNING 1)
         SELECT pg_catalog.count(*) FROM gone',
        'SELECT @extschema@.purge_webhook_events(NULL, $2)',
        'SELECT @extschema@.purge_finished_jobs(NULL, $2)'
    ] LOOP
        LOOP
            EXECUTE statement INTO removed USING oldest_kept, batch_size;
            COMMIT;
            EXIT WHEN removed OPERATOR(pg_catalog.=) 0;
        END LOOP;
    END LOOP;

    IF EXISTS (SELECT FROM @extschema@.pipeline_job) THEN
        PERFORM @extschema@._cron_rows(pg_catalog.format($sql$
            WITH old AS (
                DELETE FROM cron.job_run_details d
                USING cron.job j
                WHERE d.jobid = j.jobid AND j.database = %L AND d.end_time < %L RETURNING 1)
            SELECT to_jsonb(count(*)) FROM old $sql$, pg_catalog.current_database(), oldest_kept));
    END IF;
END;
$$;
REVOKE ALL ON PROCEDURE @extschema@.cleanup_pipeline_records(integer) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.cleanup_pipeline_records(integer) IS
    'Removes operational records older than pipeline_forecast.log_retention_days in batches: refresh_log, sync_log with rejects, finished jobs, pg_cron run details of this database; webhook events by pipeline_forecast.webhook_retention_days. Business history and snapshots are not touched.';
