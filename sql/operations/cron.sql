-- How pg_cron is reached, in this database or in another one of the cluster, and what its schedules mean.

CREATE FUNCTION pipeline.pipeline_cron_next(schedule text, after timestamptz) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_cron_next';
COMMENT ON FUNCTION pipeline.pipeline_cron_next(text, timestamptz) IS
    'The first run of a five-field cron schedule (UTC) after a moment; NULL if it never comes. Error 22023 for an invalid schedule.';

CREATE FUNCTION pipeline.pipeline_cron_previous(schedule text, moment timestamptz) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_cron_previous';
COMMENT ON FUNCTION pipeline.pipeline_cron_previous(text, timestamptz) IS
    'The last run of a five-field cron schedule (UTC) at or before a moment. Error 22023 for an invalid schedule.';

CREATE FUNCTION pipeline_internal.cron_rows(query text) RETURNS SETOF jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
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
COMMENT ON FUNCTION pipeline_internal.cron_rows(text) IS
    'Runs a query that returns one jsonb column where pg_cron lives: here, or in its database through dblink. Error 55000 with a hint where there is no pg_cron.';

-- In its own database pg_cron knows a job by its plain name; in a database that serves several, by name@database.
CREATE FUNCTION pipeline_internal.cron_job_name(job_name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN $1
           ELSE $1 || '@' || current_database() END
$$;
COMMENT ON FUNCTION pipeline_internal.cron_job_name(text) IS 'The name under which pg_cron knows a job.';
