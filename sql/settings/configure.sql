-- Settings for everyone who connects to this database; the poller passes on what its environment says.

CREATE FUNCTION pipeline_internal.database_setting(name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT substr(c.entry, strpos(c.entry, '=') + 1)
    FROM pg_db_role_setting s
    CROSS JOIN unnest(s.setconfig) AS c (entry)
    WHERE s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND s.setrole = 0 AND split_part(c.entry, '=', 1) = 'pipeline_forecast.' || $1
$$;
COMMENT ON FUNCTION pipeline_internal.database_setting(text) IS
    'What ALTER DATABASE ... SET pipeline_forecast.<name> says for this database; NULL if nothing.';

CREATE FUNCTION pipeline.configure_pipeline(settings jsonb)
RETURNS TABLE(setting text, former text, value text, action text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    wanted record;
    changed boolean := false;
BEGIN
    PERFORM require_writable('configure the pipeline');
    PERFORM require_layout();
    IF settings IS NULL OR jsonb_typeof(settings) <> 'object' THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN settings IS NULL THEN '22004' ELSE '22023' END,
            MESSAGE = 'settings must be a JSON object',
            HINT = 'For example {"snapshot_retention_days": 365}; SELECT name FROM pg_settings WHERE name LIKE ''pipeline\_forecast.%'' lists them.';
    END IF;
    -- Processes that start together say the same.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.settings'));
    FOR wanted IN SELECT s.key, s.value FROM jsonb_each_text(settings) AS s ORDER BY s.key LOOP
        IF wanted.value IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = '22004',
                MESSAGE = format('setting "%s" must not be null', wanted.key),
                HINT = 'Leave it out to keep it as it is; ALTER DATABASE ... RESET takes it back.';
        END IF;
        setting := wanted.key;
        -- Error 42704 for a name that is none.
        former := coalesce(database_setting(wanted.key), pipeline_setting(wanted.key));
        -- Refuses what the setting does not allow, and holds for the rest of this transaction.
        value := set_config('pipeline_forecast.' || wanted.key, wanted.value, true);
        action := CASE WHEN value IS DISTINCT FROM former THEN 'changed' ELSE 'unchanged' END;
        IF action = 'changed' THEN
            EXECUTE format('ALTER DATABASE %I SET %s = %L', current_database(), 'pipeline_forecast.' || wanted.key, value);
            changed := true;
        END IF;
        RETURN NEXT;
    END LOOP;
    IF changed AND EXISTS (SELECT FROM pipeline_job) THEN
        FOR setting, value, action IN SELECT s.job_name, s.schedule, s.action FROM schedule_pipeline_jobs() s LOOP
            former := NULL;
            IF action <> 'unchanged' THEN
                action := 're-scheduled';
                RETURN NEXT;
            END IF;
        END LOOP;
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline.configure_pipeline(jsonb) IS
    'Sets pipeline_forecast.* for this database (ALTER DATABASE ... SET), by their names without the prefix, and re-schedules the jobs where they are installed. One row per setting with its former value and whether it changed, and one per re-scheduled job. New sessions see the values. Errors: 42501 without the right, 42704 unknown name, 22004 and 22023 for a value that is not allowed.';
