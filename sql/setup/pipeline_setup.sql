-- pipeline_setup() makes and migrates the tables. They belong to whoever calls it, not to the extension, so that a
-- dump holds them whole and DROP EXTENSION leaves them alone.

CREATE FUNCTION pipeline_internal.require_rights_of_owner() RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    missing regprocedure;
    owner name := table_owner();
BEGIN
    -- What it adds belongs to its caller, and lends out that role's rights: a superuser's must not be among them.
    IF owner <> current_user THEN
        RAISE EXCEPTION USING
            ERRCODE = '42501',
            MESSAGE = format('the pipeline tables belong to role "%s", and not to "%s"', owner, current_user),
            HINT = format('Call pipeline_setup() as their owner: SET ROLE %I.', owner);
    END IF;
    SELECT p.oid INTO missing
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('pipeline', 'pipeline_work', 'pipeline_internal') AND NOT has_function_privilege(p.oid, 'EXECUTE')
    ORDER BY p.oid LIMIT 1;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '42501',
            MESSAGE = format('role "%s" may not set up the pipeline tables', current_user),
            DETAIL = format('It may not call %s.', missing),
            HINT = 'A superuser gives that role the rights, once and after each update of the extension: SELECT pipeline.grant_pipeline_owner(''role'').';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_rights_of_owner() IS
    'Error 42501 unless the caller owns the tables, if there are any, and may call every function of this version.';

-- One try. It takes no lock that it would have to wait for: whoever comes after it in the queue would wait as well, webhooks
-- among them, for as long as somebody's report is open.
CREATE FUNCTION pipeline_internal.try_setup() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET lock_timeout = '200ms'
-- The statements of the steps are read by it.
SET standard_conforming_strings = on
-- "Already exists, skipping" is what a second call is meant to find.
SET client_min_messages = warning
AS $$
DECLARE
    step record;
    item record;
    found integer;
    changed boolean := false;
    doing text := 'another pipeline_setup()';
BEGIN
    -- Two calls at once would run the same steps.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.setup'));

    PERFORM require_own_schemas();
    IF to_regnamespace('pipeline_data') IS NULL THEN
        CREATE SCHEMA pipeline_data;
    END IF;
    IF to_regclass('pipeline_data.pipeline_schema_version') IS NULL THEN
        -- A schema that a DBA has made for it keeps its owner.
        IF (SELECT pg_has_role(n.nspowner, 'USAGE') FROM pg_namespace n WHERE n.nspname = 'pipeline_data') THEN
            COMMENT ON SCHEMA pipeline_data IS
                'pipeline_forecast: tables that are not for reports. They stay when the extension is dropped.';
        END IF;
        CREATE TABLE pipeline_data.pipeline_schema_version (
            version integer PRIMARY KEY,
            step text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        COMMENT ON TABLE pipeline_data.pipeline_schema_version IS
            'The steps of pipeline_setup() that this database has seen.';
    END IF;
    SELECT coalesce(max(version), 0) INTO found FROM pipeline_schema_version;
    IF found > layout_version() THEN
        PERFORM require_layout();
    END IF;

    -- What a former version made and this one has no more.
    IF found > 0 THEN
        FOR item IN
            SELECT made.object FROM setup_object made
            WHERE made.object NOT IN (SELECT known.object FROM setup_objects() known WHERE known.object IS NOT NULL)
        LOOP
            doing := item.object;
            PERFORM drop_remade(ARRAY[item.object]);
            DELETE FROM setup_object made WHERE made.object = item.object;
        END LOOP;
    END IF;

    FOR step IN SELECT * FROM setup_steps() s WHERE s.version > found ORDER BY s.version LOOP
        doing := format('step %s (%s)', step.version, step.name);
        EXECUTE step.statements;
        INSERT INTO pipeline_schema_version (version, step) VALUES (step.version, step.name);
        changed := true;
    END LOOP;

    -- Put into their newest form, and back after DROP EXTENSION ... CASCADE.
    FOR item IN
        SELECT known.object, known.statements, made.object IS NOT NULL AS is_as_made
        FROM setup_objects() WITH ORDINALITY AS known (object, statements, position)
        LEFT JOIN setup_object made
            ON made.object = known.object AND made.made_from = md5(known.statements)
            AND made.became = object_state(known.object)
        ORDER BY known.position
    LOOP
        doing := coalesce(item.object, split_part(item.statements, E'\n', 1));
        IF item.object IS NULL THEN
            EXECUTE item.statements;
        -- Where something below it is new, it may have changed with it, or be gone.
        ELSIF NOT item.is_as_made
              OR changed AND (object_state(item.object) IS NULL
                              OR item.object LIKE 'view %' AND view_differs(item.object, item.statements)) THEN
            PERFORM remake_object(item.object, item.statements);
            changed := true;
        END IF;
    END LOOP;
    PERFORM revoke_writing_from_public();
    PERFORM repeat_grants();
    RETURN layout_version();
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION USING ERRCODE = '55P03', MESSAGE = SQLERRM, DETAIL = doing;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.try_setup() IS
    'What pipeline_setup() does; error 55P03 with the object in its detail where another session has locked it.';

CREATE FUNCTION pipeline_internal.setup_waits_for(object text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    target regclass := to_regclass(substring(object FROM '^(?:materialized view|view|trigger [^ ]+ ON) ([^ ]+)$'));
    holders text;
BEGIN
    SELECT string_agg(
        format('process %s of %s%s, in a transaction since %s: %s', a.pid, a.usename,
               coalesce(' (' || nullif(a.application_name, '') || ')', ''), a.xact_start, left(a.query, 200)),
        E'\n' ORDER BY a.xact_start, a.pid) INTO holders
    FROM pg_stat_activity a
    WHERE a.pid <> pg_backend_pid() AND EXISTS (
        SELECT FROM pg_locks l
        WHERE l.pid = a.pid AND l.granted
          AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
          AND CASE
                WHEN object = 'another pipeline_setup()' THEN
                    l.locktype = 'advisory' AND l.objid = (hashtext('pipeline_forecast.setup')::bigint & 4294967295)::oid
                WHEN target IS NOT NULL THEN l.relation = target
                ELSE l.relation IN (
                    SELECT c.oid FROM pg_class c
                    WHERE c.relnamespace IN ('pipeline'::regnamespace, to_regnamespace('pipeline_data'))) END);
    RETURN holders;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.setup_waits_for(text) IS
    'The sessions that hold locks on an object of pipeline_setup(), those of the longest transactions first; on all of its objects where it is none of them.';

CREATE FUNCTION pipeline.pipeline_setup(lock_timeout interval DEFAULT '5 seconds') RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    deadline timestamptz := clock_timestamp() + lock_timeout;
    object text;
    holders text;
    said text;
BEGIN
    IF lock_timeout IS NULL OR lock_timeout < interval '0' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'lock_timeout must not be negative or null',
            HINT = 'Leave it out to wait up to 5 seconds for locks.';
    END IF;
    PERFORM require_writable('set up the pipeline tables');
    PERFORM require_rights_of_owner();
    LOOP
        BEGIN
            RETURN try_setup();
        EXCEPTION WHEN lock_not_available THEN
            GET STACKED DIAGNOSTICS object = PG_EXCEPTION_DETAIL;
        END;
        holders := coalesce(setup_waits_for(object), 'a session that is gone by now');
        IF clock_timestamp() >= deadline THEN
            RAISE EXCEPTION USING
                ERRCODE = '55P03',
                MESSAGE = format('pipeline_setup() could not lock %s within %s', object, lock_timeout),
                DETAIL = format('Held by %s', holders),
                HINT = 'Nothing was changed. Call it again when that session has ended its transaction, or let it wait longer: pipeline_setup(''10 minutes''). Nobody else waits meanwhile.';
        END IF;
        IF object IS DISTINCT FROM said THEN
            RAISE NOTICE 'pipeline_setup() waits for %, held by %', object, holders;
            said := object;
        END IF;
        -- Without a lock, so that everybody else can work between two tries.
        PERFORM pg_sleep(0.1 + random() * 0.1);
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline.pipeline_setup(interval) IS
    'Makes or migrates the pipeline tables, views and triggers; the caller owns them. Safe to call again: changes only what differs. Returns the layout version. lock_timeout: how long it tries where others hold locks, while nobody waits behind it. Errors: 42501 rights are missing, 55000 foreign objects or a newer layout, 55P03 an object stayed locked, 2BP01 users have built on a view that has to change.';
