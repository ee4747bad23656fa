-- pipeline_setup() makes and migrates the tables. They belong to whoever calls it, not to the extension, so that a
-- dump holds them whole and DROP EXTENSION leaves them alone.

CREATE FUNCTION @extschema@._layout_version() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN @LAYOUT_VERSION@;
COMMENT ON FUNCTION @extschema@._layout_version() IS
    'API: private. The table layout that this version of the extension works with.';

CREATE FUNCTION @extschema@._require_layout() RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found integer;
BEGIN
    IF to_regclass('@extschema@.pipeline_schema_version') IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('pipeline_forecast is not set up in database "%s"', current_database()),
            HINT = 'Call pipeline_setup() once to make its tables.';
    END IF;
    -- Readers of reports see views, not the record of the setup.
    IF NOT has_table_privilege('@extschema@.pipeline_schema_version', 'SELECT') THEN
        RETURN;
    END IF;
    SELECT max(version) INTO found FROM @extschema@.pipeline_schema_version;
    IF found IS DISTINCT FROM @extschema@._layout_version() THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('the pipeline tables have layout %s, and this version of the extension needs layout %s',
                             coalesce(found::text, 'none'), @extschema@._layout_version()),
            HINT = CASE WHEN found > @extschema@._layout_version()
                        THEN 'Install the newer extension and call ALTER EXTENSION pipeline_forecast UPDATE.'
                        ELSE 'Call pipeline_setup() to migrate them.' END;
    END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@._require_layout() IS
    'API: private. Error 55000 unless the tables have the layout that this version works with, as far as the caller may know.';

CREATE FUNCTION @extschema@._require_writable(action text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION USING
            ERRCODE = '25006',
            MESSAGE = format('cannot %s on a standby', action),
            HINT = 'Call the function on the primary; the result reaches the standby by replication.';
    END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@._require_writable(text) IS
    'API: private. Error 25006 on a standby, which can read but not write.';

CREATE FUNCTION @extschema@.pipeline_setup() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
-- "Already exists, skipping" is what a second call is meant to find.
SET client_min_messages = warning
AS $$
DECLARE
    step record;
    found integer;
BEGIN
    PERFORM @extschema@._require_writable('set up the pipeline tables');
    -- Two calls at once would run the same steps.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.setup'));

    CREATE TABLE IF NOT EXISTS @extschema@.pipeline_schema_version (
        version integer PRIMARY KEY,
        step text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    COMMENT ON TABLE @extschema@.pipeline_schema_version IS
        'The steps of pipeline_setup() that this database has seen.';

    SELECT coalesce(max(version), 0) INTO found FROM @extschema@.pipeline_schema_version;
    IF found > @extschema@._layout_version() THEN
        PERFORM @extschema@._require_layout();
    END IF;

    FOR step IN SELECT * FROM @extschema@._setup_steps() s WHERE s.version > found ORDER BY s.version LOOP
        EXECUTE step.statements;
        INSERT INTO @extschema@.pipeline_schema_version (version, step) VALUES (step.version, step.name);
    END LOOP;

    -- Views and triggers are code: put into their newest form each time, and back after DROP EXTENSION ... CASCADE.
    FOR step IN SELECT * FROM @extschema@._setup_steps() s WHERE s.version IS NULL ORDER BY s.name LOOP
        EXECUTE step.statements;
    END LOOP;
    RETURN @extschema@._layout_version();
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.pipeline_setup() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.pipeline_setup() IS
    'Makes or migrates the pipeline tables, views and triggers in the schema of the extension; the caller owns them. Safe to call again. Returns the layout version.';
