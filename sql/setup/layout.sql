-- The layout of the tables, and what has to hold before anything is done with them.

CREATE FUNCTION pipeline_internal.layout_version() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN @LAYOUT_VERSION@;
COMMENT ON FUNCTION pipeline_internal.layout_version() IS
    'The table layout that this version of the extension works with.';

CREATE FUNCTION pipeline_internal.require_layout() RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    found integer;
BEGIN
    IF to_regclass('pipeline_schema_version') IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('pipeline_forecast is not set up in database "%s"', current_database()),
            HINT = 'Call pipeline_setup() once to make its tables.';
    END IF;
    -- DROP EXTENSION takes along what pipeline_setup() has made beside the tables; this function stands for all of it.
    IF to_regprocedure('stored_setting(text)') IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = 'the pipeline tables are there, and their views, triggers and functions are missing',
            HINT = 'Call pipeline_setup() to put them back.';
    END IF;
    -- Readers of reports see views, not the record of the setup.
    IF NOT has_table_privilege('pipeline_schema_version', 'SELECT') THEN
        RETURN;
    END IF;
    SELECT max(version) INTO found FROM pipeline_schema_version;
    IF found IS DISTINCT FROM layout_version() THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('the pipeline tables have layout %s, and this version of the extension needs layout %s',
                             coalesce(found::text, 'none'), layout_version()),
            HINT = CASE WHEN found > layout_version()
                        THEN 'Install the newer extension and call ALTER EXTENSION pipeline_forecast UPDATE.'
                        ELSE 'Call pipeline_setup() to migrate them.' END;
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_layout() IS
    'Error 55000 unless the tables have the layout that this version works with, and what pipeline_setup() makes beside them is there, as far as the caller may know.';

CREATE FUNCTION pipeline_internal.require_writable(action text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pipeline_internal, pg_temp
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
COMMENT ON FUNCTION pipeline_internal.require_writable(text) IS
    'Error 25006 on a standby, which can read but not write.';

CREATE FUNCTION pipeline_internal.table_owner() RETURNS name
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pipeline_internal, pg_temp
AS $$ SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = to_regclass('pipeline_data.pipeline_schema_version') $$;
COMMENT ON FUNCTION pipeline_internal.table_owner() IS 'The role that owns the pipeline tables; NULL where there are none.';

-- Functions that run with their owner's rights are asked by somebody else.
CREATE FUNCTION pipeline_internal.calling_role() RETURNS name
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pipeline_internal, pg_temp
AS $$ SELECT CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END $$;
COMMENT ON FUNCTION pipeline_internal.calling_role() IS
    'The role that the session works as, whichever function with other rights asks: that of SET ROLE, or the one that connected.';

-- Before the first step nothing may lie where tables and views go: a view would be replaced without a word.
CREATE FUNCTION pipeline_internal.require_own_schemas() RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    foreign_object text;
BEGIN
    IF to_regclass('pipeline_data.pipeline_schema_version') IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT r.rolname INTO foreign_object
    FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
    WHERE n.nspname = 'pipeline_data' AND NOT r.rolsuper AND r.rolname <> current_user;
    IF foreign_object IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '42501',
            MESSAGE = format('schema "pipeline_data" belongs to role "%s"', foreign_object),
            HINT = format('The tables are for the owner of their schema: SET ROLE %I and call pipeline_setup() again, or drop the schema.', foreign_object);
    END IF;
    SELECT pg_describe_object(d.classid, d.objid, 0) INTO foreign_object
    FROM pg_depend d
    WHERE d.refclassid = 'pg_namespace'::regclass
      AND d.refobjid IN (to_regnamespace('pipeline'), to_regnamespace('pipeline_data'))
      AND d.classid <> 'pg_extension'::regclass
      AND NOT EXISTS (
        SELECT FROM pg_depend m
        WHERE m.classid = d.classid AND m.objid = d.objid AND m.deptype = 'e' AND m.refclassid = 'pg_extension'::regclass)
    LIMIT 1;
    IF foreign_object IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = 'the schemas of the pipeline hold objects of somebody else',
            DETAIL = format('There is %s.', foreign_object),
            HINT = 'Schemas pipeline and pipeline_data are for this extension alone. Move the object elsewhere and call pipeline_setup() again.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_own_schemas() IS
    'Error 55000 before the first setup if the schemas for tables hold anything that the extension has not made.';
