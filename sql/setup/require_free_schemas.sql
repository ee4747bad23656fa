-- Somebody else's objects are neither adopted nor replaced. Tables of an earlier installation are known by their record.
DO $$
DECLARE
    taken text;
BEGIN
    SELECT n.nspname INTO taken FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('pipeline_work', 'pipeline_internal') LIMIT 1;
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '42P06',
            MESSAGE = pg_catalog.format('schema "%s" already exists', taken),
            HINT = 'The extension makes this schema for itself. Rename or drop the one that is there.';
    END IF;
    SELECT pg_catalog.pg_describe_object(d.classid, d.objid, 0) INTO taken
    FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = 'pipeline'::pg_catalog.regnamespace
      AND d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
      AND pg_catalog.to_regclass('pipeline_data.pipeline_schema_version') IS NULL
    LIMIT 1;
    IF taken IS NULL THEN
        -- Whoever owns the schema may plant functions in it that others would call, and drop what is there.
        SELECT pg_catalog.format('owner %s', r.rolname) INTO taken
        FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
        WHERE n.nspname = 'pipeline' AND NOT r.rolsuper AND r.rolname <> CURRENT_USER;
        IF taken IS NOT NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = '42P06',
                MESSAGE = 'schema "pipeline" already exists and belongs to somebody else',
                DETAIL = pg_catalog.format('It has the %s.', taken),
                HINT = 'Rename or drop it, or make it yours with ALTER SCHEMA pipeline OWNER TO CURRENT_USER.';
        END IF;
    ELSE
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = 'schema "pipeline" holds objects of somebody else',
            DETAIL = pg_catalog.format('There is %s.', taken),
            HINT = 'The extension needs this schema for itself. Rename it, or move its objects elsewhere.';
    END IF;
END
$$;
