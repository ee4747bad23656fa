-- Dropping objects of a former version, with all that depends on them and is made anew. CASCADE would take what users have
-- built on them as well; so what depends is looked at first.

CREATE FUNCTION pipeline_internal.object_address(object text, OUT classid oid, OUT objid oid)
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
-- Names of tables come without their schema. A superuser runs it as well, so every operator below is one of pg_catalog,
-- whatever the owner of the tables makes: both sides are of its types.
SET search_path FROM CURRENT
AS $$
DECLARE
    kind text := substring(object FROM '^(materialized view|[a-z]+) ');
    name text := substr(object, length(kind) + 2);
BEGIN
    CASE kind
    WHEN 'view', 'materialized view' THEN
        classid := 'pg_class'::regclass;
        SELECT c.oid INTO objid FROM pg_class c
        WHERE c.oid = to_regclass(name)::oid AND c.relkind = (CASE kind WHEN 'view' THEN 'v' ELSE 'm' END)::"char";
    WHEN 'type' THEN
        classid := 'pg_type'::regclass;
        objid := to_regtype(name);
    WHEN 'trigger' THEN
        classid := 'pg_trigger'::regclass;
        SELECT t.oid INTO objid FROM pg_trigger t
        WHERE t.tgname = split_part(name, ' ON ', 1) AND t.tgrelid = to_regclass(split_part(name, ' ON ', 2))::oid;
    WHEN 'function', 'procedure', 'aggregate' THEN
        classid := 'pg_proc'::regclass;
        objid := to_regprocedure(name);
    END CASE;
EXCEPTION WHEN undefined_object THEN
    -- A type among the arguments is gone, and the function with it.
    objid := NULL;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.object_address(text) IS
    'Where the catalog has an object that is named as "view pipeline.x", "function pipeline.f(integer)" or "trigger t ON pipeline.x"; objid is NULL where there is none.';

CREATE FUNCTION pipeline_internal.drop_objects(objects text[], remade text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pipeline_internal, pg_temp
-- "Drop cascades to" names what is made anew, and "does not exist" what went with another.
SET client_min_messages = warning
AS $$
DECLARE
    object text;
    built_on_them text;
    present record;
BEGIN
    WITH RECURSIVE doomed AS (
        SELECT a.classid, a.objid FROM unnest(objects) o (object), object_address(o.object) a WHERE a.objid IS NOT NULL
        UNION
        SELECT n.classid, n.objid
        FROM doomed d
        CROSS JOIN LATERAL (
            SELECT p.classid, p.objid FROM pg_depend p WHERE p.refclassid = d.classid AND p.refobjid = d.objid
            UNION ALL
            -- What it is a part of: the rule of a view goes with the view.
            SELECT p.refclassid, p.refobjid FROM pg_depend p
            WHERE p.classid = d.classid AND p.objid = d.objid AND p.deptype = 'i'
        ) n
    )
    SELECT string_agg(DISTINCT pg_describe_object(d.classid, d.objid, 0), ', ') INTO built_on_them
    FROM doomed d
    -- Members of the extension are made anew by its script, which is where they can be dropped.
    WHERE NOT EXISTS (
            SELECT FROM pg_depend m JOIN pg_extension e ON e.oid = m.refobjid AND e.extname = 'pipeline_forecast'
            WHERE m.classid = d.classid AND m.objid = d.objid AND m.refclassid = 'pg_extension'::regclass AND m.deptype = 'e')
      AND NOT EXISTS (
            SELECT FROM unnest(objects || remade) o (object), object_address(o.object) a
            WHERE a.classid = d.classid AND a.objid = d.objid)
      -- Indexes, rules and row types are parts of something else in this list.
      AND NOT EXISTS (
            SELECT FROM pg_depend p JOIN doomed whole ON whole.classid = p.refclassid AND whole.objid = p.refobjid
            WHERE p.classid = d.classid AND p.objid = d.objid AND p.deptype IN ('a', 'i'));
    IF built_on_them IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '2BP01',
            MESSAGE = format('cannot make %s anew because other objects depend on it', array_to_string(objects, ', ')),
            DETAIL = format('These depend on it: %s.', built_on_them),
            HINT = 'Keep the definition of what you have built on it, drop that, call this again, and make it anew.';
    END IF;

    FOREACH object IN ARRAY objects LOOP
        SELECT o.* INTO present FROM object_address(object) a, pg_identify_object(a.classid, a.objid, 0) o
        WHERE a.objid IS NOT NULL;
        IF FOUND THEN
            EXECUTE format('DROP %s %s CASCADE', present.type, present.identity);
        END IF;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.drop_objects(text[], text[]) IS
    'Drops objects with what depends on them, as long as all of it is a member of the extension or in remade; error 2BP01 otherwise.';
