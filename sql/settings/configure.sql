-- Changing settings: by people, and by the poller, which passes on what its environment says.

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
            HINT = 'For example {"snapshot_retention_days": 365}; SELECT * FROM pipeline.pipeline_settings shows all there are.';
    END IF;
    -- Processes that start together say the same.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.settings'));
    FOR wanted IN SELECT s.key, s.value FROM jsonb_each_text(settings) AS s ORDER BY s.key LOOP
        IF jsonb_typeof(settings->wanted.key) IN ('array', 'object') THEN
            PERFORM require_setting(wanted.key);
            RAISE EXCEPTION USING
                ERRCODE = '22023',
                MESSAGE = format('setting "%s" must not be an %s', wanted.key, jsonb_typeof(settings->wanted.key)),
                HINT = 'A value is a text or a number.';
        END IF;
        setting := wanted.key;
        value := checked_setting(wanted.key, wanted.value);
        former := pipeline_setting(wanted.key);
        action := CASE WHEN value <> former THEN 'changed' ELSE 'unchanged' END;
        changed := changed OR action = 'changed';
        PERFORM keep_setting(setting, value);
        RETURN NEXT;
    END LOOP;
    IF changed THEN
        former := NULL;
        action := 're-scheduled';
        FOR setting, value IN SELECT r.job_name, r.schedule FROM reschedule_changed_jobs() r LOOP
            RETURN NEXT;
        END LOOP;
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline.configure_pipeline(jsonb) IS
    'Changes settings, all of them or none, for every session at once, and re-schedules the jobs where they are installed. One row per setting with its previous value and whether it changed, and one per re-scheduled job. The view pipeline_settings shows them. Errors: 42501 without the right, 42704 unknown name, 22004 and 22023 for a value that is not allowed.';

CREATE FUNCTION pipeline.configure_pipeline(name text, new_value text)
RETURNS TABLE(setting text, former text, value text, action text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    SELECT * FROM configure_pipeline(jsonb_build_object(coalesce($1, ''), $2))
$$;
COMMENT ON FUNCTION pipeline.configure_pipeline(text, text) IS
    'Changes one setting, as configure_pipeline(jsonb) does.';

-- Settings were pipeline_forecast.* of ALTER DATABASE once, which no dump of a database holds.
CREATE FUNCTION pipeline_internal.take_over_settings() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    known record;
BEGIN
    FOR known IN
        SELECT e.parts[1] AS name, e.parts[2] AS value
        FROM pg_db_role_setting s
        JOIN pg_database d ON d.oid = s.setdatabase AND d.datname = current_database()
        CROSS JOIN unnest(s.setconfig) AS c (entry)
        CROSS JOIN regexp_match(c.entry, '^pipeline_forecast[.]([^=]*)=(.*)$') AS e (parts)
        WHERE s.setrole = 0 AND e.parts IS NOT NULL
        ORDER BY 1
    LOOP
        BEGIN
            INSERT INTO setting_value (name, value, set_by)
            VALUES (known.name, checked_setting(known.name, known.value), 'ALTER DATABASE');
            RAISE WARNING USING
                MESSAGE = format('setting "%s" was taken over: it is a row of a table from now on', known.name),
                HINT = format('Remove the old one in a new session: ALTER DATABASE %I RESET pipeline_forecast.%I.', current_database(), known.name);
        EXCEPTION WHEN undefined_object OR invalid_parameter_value THEN
            RAISE WARNING USING
                ERRCODE = SQLSTATE,
                MESSAGE = format('pipeline_forecast.%s of this database was not taken over: %s', known.name, SQLERRM);
        END;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.take_over_settings() IS
    'For the first pipeline_setup(): keeps what ALTER DATABASE ... SET pipeline_forecast.* says, with a warning for each.';
