-- Who may do what. Rights follow schemas, so that a new table or function needs no line here: PUBLIC has none of the
-- schemas, a role that uses one may call what cannot write, and what can write is granted to owner and poller.

CREATE FUNCTION pipeline_internal.require_role(role text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pipeline_internal, pg_temp
AS $$
BEGIN
    IF role IS NULL OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
        RAISE EXCEPTION USING
            ERRCODE = '42704',
            MESSAGE = format('role "%s" does not exist', coalesce(role, 'NULL')),
            HINT = 'Create it first: CREATE ROLE ... LOGIN PASSWORD ...';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_role(text) IS 'Error 42704 for a role that does not exist.';

-- GRANT only warns where it has nothing to give, and a role that believes itself granted fails much later.
CREATE FUNCTION pipeline_internal.require_right_to_grant() RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    missing text;
BEGIN
    SELECT 'schema ' || n.nspname INTO missing
    FROM pg_namespace n
    WHERE n.nspname IN ('pipeline', 'pipeline_work', 'pipeline_internal', 'pipeline_data')
      AND NOT has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION')
    LIMIT 1;
    IF missing IS NULL THEN
        SELECT 'routine ' || p.oid::regprocedure INTO missing
        FROM pg_proc p
        WHERE p.pronamespace IN (SELECT n.oid FROM pg_namespace n WHERE n.nspname IN ('pipeline', 'pipeline_work', 'pipeline_internal'))
          AND p.provolatile = 'v' AND NOT has_function_privilege(p.oid, 'EXECUTE WITH GRANT OPTION')
        LIMIT 1;
    END IF;
    IF missing IS NULL THEN
        SELECT 'relation ' || c.oid::regclass INTO missing
        FROM pg_class c
        WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace)
          AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT has_table_privilege(c.oid, 'SELECT WITH GRANT OPTION')
        LIMIT 1;
    END IF;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '42501',
            MESSAGE = format('role "%s" may not grant the rights of the pipeline', current_user),
            DETAIL = format('It has no grant option on %s.', missing),
            HINT = 'Call it as the owner of the tables. A superuser gives that role the rights to pass on, once and after each update of the extension: SELECT pipeline.grant_pipeline_owner(''role'').';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_right_to_grant() IS
    'Error 42501 unless the caller may pass on what readers and pollers need.';

CREATE FUNCTION pipeline.grant_pipeline_owner(role text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pipeline_internal, pg_temp
AS $$
DECLARE
    present name := table_owner();
BEGIN
    PERFORM require_writable('grant rights');
    PERFORM require_role(role);
    IF NOT pg_has_role((SELECT e.extowner FROM pg_extension e WHERE e.extname = 'pipeline_forecast'), 'USAGE') THEN
        RAISE EXCEPTION USING
            ERRCODE = '42501',
            MESSAGE = 'only the owner of the extension makes another role the owner of the tables',
            HINT = 'Call grant_pipeline_owner() as a superuser.';
    END IF;
    -- Whoever may create in the schemas could take the rights of an owner who has more.
    IF present <> role THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('the pipeline tables belong to role "%s" already', present),
            HINT = format('Call grant_pipeline_owner(%L).', present);
    END IF;
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS pipeline_data AUTHORIZATION %I', role);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA pipeline, pipeline_data TO %I WITH GRANT OPTION', role);
    EXECUTE format('GRANT USAGE ON SCHEMA pipeline_work, pipeline_internal TO %I WITH GRANT OPTION', role);
    EXECUTE format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pipeline, pipeline_work, pipeline_internal TO %I WITH GRANT OPTION', role);
END;
$$;
COMMENT ON FUNCTION pipeline.grant_pipeline_owner(text) IS
    'Lets an ordinary role call pipeline_setup(), own the tables, run the jobs and grant the rights of readers and pollers. A superuser calls it before the first setup and after each ALTER EXTENSION UPDATE. Errors: 42501 not the owner of the extension, 42704 unknown role, 55000 the tables belong to another one.';

-- What lies in pipeline for operators, and not for reports.
CREATE FUNCTION pipeline_internal.is_for_operators(view_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN view_name IN ('pipeline_schedule', 'pipeline_settings', 'queue_health', 'webhook_metrics', 'system_performance', 'project_lineage',
                     'sync_health', 'data_freshness', 'provider_limits');
COMMENT ON FUNCTION pipeline_internal.is_for_operators(name) IS
    'Whether a view of schema pipeline is left out of what forecast readers may read.';

-- The grants themselves, for the functions below and for pipeline_setup(), which repeats them for what it has made.
CREATE FUNCTION pipeline_internal.apply_reader_rights(role text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    relation regclass;
    routine regprocedure;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA pipeline, pipeline_internal, pipeline_data TO %I', role);
    FOR relation IN
        SELECT c.oid FROM pg_class c
        WHERE c.relnamespace = 'pipeline'::regnamespace AND c.relkind IN ('v', 'm') AND NOT is_for_operators(c.relname)
    LOOP
        EXECUTE format('GRANT SELECT ON %s TO %I', relation, role);
    END LOOP;
    -- The snapshots are a table. information_schema shows keys only to a role with more than SELECT; REFERENCES gives no
    -- further access to rows. The partitions stay without any grant, so that tools list the table once.
    EXECUTE format('GRANT SELECT, REFERENCES ON pipeline_forecast_snapshot TO %I', role);
    -- Reports that read tables with the rights of their owner, and the settings that they follow.
    FOR routine IN
        SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace = 'pipeline'::regnamespace AND p.prosecdef AND p.provolatile <> 'v'
           OR p.oid IN ('pipeline_data.stored_setting(text)'::regprocedure,
                        'pipeline_data.model_confidence_minimum(timestamptz)'::regprocedure)
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', routine, role);
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.apply_reader_rights(text) IS 'What grant_forecast_reader() grants.';

CREATE FUNCTION pipeline_internal.apply_poller_rights(role text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    part regclass;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA pipeline, pipeline_work, pipeline_internal, pipeline_data TO %I', role);
    EXECUTE format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pipeline, pipeline_work, pipeline_internal, pipeline_data TO %I', role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pipeline, pipeline_data TO %I', role);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA pipeline, pipeline_data TO %I', role);
    -- What was published is changed by the functions of its owner alone; what was logged is added to and not removed;
    -- rules and the record of the setup are for the owner.
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON pipeline_forecast_snapshot, pipeline_forecast_snapshot_day, pipeline_data.snapshot_dimension, pipeline_data.snapshot_cleanup FROM %I', role);
    FOR part IN SELECT p.partition FROM snapshot_partitions() p LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', part, role);
    END LOOP;
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON outlook_run, outlook_factor, outlook_project, outlook_new_month, outlook_month, outlook_record FROM %I', role);
    EXECUTE format('REVOKE DELETE ON pipeline_data.api_key FROM %I', role);
    -- Triggers write history, with the rights of its owner.
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON project_history, analysis_history FROM %I', role);
    EXECUTE format('REVOKE UPDATE, DELETE ON llm_call FROM %I', role);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON pipeline_data.setting_value, pipeline_stage, pipeline_stage_history, llm_price, pipeline_data.job_type, pipeline_data.pipeline_schema_version, pipeline_data.setup_object, pipeline_data.granted_role FROM %I', role);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.apply_poller_rights(text) IS 'What grant_pipeline_poller() grants.';

CREATE FUNCTION pipeline_internal.remember_grant(role text, kind text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    INSERT INTO granted_role (role_name, kind) VALUES ($1, $2) ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION pipeline_internal.remember_grant(text, text) IS
    'Keeps who was granted what, so that pipeline_setup() repeats it for new objects.';

CREATE FUNCTION pipeline_internal.repeat_grants() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT g.* FROM granted_role g JOIN pg_roles r ON r.rolname = g.role_name ORDER BY g.role_name, g.kind
    LOOP
        PERFORM require_right_to_grant();
        IF granted.kind = 'reader' THEN
            PERFORM apply_reader_rights(granted.role_name);
        ELSE
            PERFORM apply_poller_rights(granted.role_name);
        END IF;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.repeat_grants() IS
    'Gives the roles of granted_role their rights on what pipeline_setup() has added. Roles that are gone are passed over.';

CREATE FUNCTION pipeline.grant_forecast_reader(role text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('grant rights');
    PERFORM require_role(role);
    PERFORM require_layout();
    PERFORM require_right_to_grant();
    PERFORM apply_reader_rights(role);
    PERFORM remember_grant(role, 'reader');
END;
$$;
COMMENT ON FUNCTION pipeline.grant_forecast_reader(text) IS
    'Lets a role read the views of schema pipeline (those of operation excepted) and the snapshots, and call the functions there that explain and report. It reads no other table and writes nothing. For BI tools. May be repeated; pipeline_setup() repeats it for what it adds. Errors: 42501 the caller may not grant, 42704 unknown role.';

CREATE FUNCTION pipeline.grant_pipeline_poller(role text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('grant rights');
    PERFORM require_role(role);
    PERFORM require_layout();
    PERFORM require_right_to_grant();
    PERFORM apply_poller_rights(role);
    PERFORM remember_grant(role, 'poller');
END;
$$;
COMMENT ON FUNCTION pipeline.grant_pipeline_poller(text) IS
    'Lets the role of the poller do everything that pipeline-poller does: work the queue, write what it synchronises, analyse, snapshot, refresh, clean up, serve reports. History stays as it is: it may add to it and not remove from it. May be repeated; pipeline_setup() repeats it for what it adds. Errors: 42501 the caller may not grant, 42704 unknown role.';

CREATE FUNCTION pipeline_internal.revoke_writing_from_public() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pipeline_internal, pg_temp
AS $$
DECLARE
    routine regprocedure;
BEGIN
    FOR routine IN
        SELECT p.oid FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname IN ('pipeline', 'pipeline_work', 'pipeline_internal', 'pipeline_data')
          AND (p.provolatile = 'v' OR p.prosecdef OR n.nspname = 'pipeline_work'
               -- What reads bytes that somebody else may have made, or makes them.
               OR 'bytea'::regtype = ANY (p.proargtypes) OR p.prorettype = 'bytea'::regtype)
          AND pg_has_role(p.proowner, 'USAGE')
          AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
    LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', routine);
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.revoke_writing_from_public() IS
    'What can write, runs with the rights of its owner, is for the poller, or packs and unpacks bytes, is executable by nobody until it is granted; for the end of the script and of pipeline_setup().';

SELECT pipeline_internal.revoke_writing_from_public();
