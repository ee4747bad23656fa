-- The views, triggers and functions that pipeline_setup() makes. What is there as it should be is left alone: replacing a view
-- takes a lock that waits for every report which reads it, and lets nobody pass meanwhile.

CREATE FUNCTION pipeline_internal.object_state(object text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    address record := object_address(object);
BEGIN
    IF address.objid IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN CASE
        -- A materialized view cannot be redefined, and another version of the server may write the same one differently.
        WHEN object LIKE 'materialized view %' THEN ''
        WHEN object LIKE 'view %' THEN
            md5(concat_ws(E'\n', pg_get_viewdef(address.objid), obj_description(address.objid, 'pg_class')))
        WHEN object LIKE 'function %' THEN
            md5(concat_ws(E'\n', pg_get_functiondef(address.objid), obj_description(address.objid, 'pg_proc')))
        WHEN object LIKE 'trigger %' THEN
            (SELECT md5(concat_ws(E'\n', pg_get_triggerdef(t.oid), t.tgenabled)) FROM pg_trigger t WHERE t.oid = address.objid)
        END;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.object_state(text) IS
    'A hash of what an object is now; NULL where it does not exist.';

-- The columns of SELECT * are those of the moment in which a view was made.
CREATE FUNCTION pipeline_internal.view_differs(object text, statements text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    differs boolean;
BEGIN
    EXECUTE regexp_replace(split_part(statements, E'\nCOMMENT ON', 1),
                           '^CREATE OR REPLACE VIEW [^[:space:]]+', 'CREATE TEMP VIEW pipeline_setup_probe');
    differs := pg_get_viewdef('pg_temp.pipeline_setup_probe'::regclass)
        IS DISTINCT FROM pg_get_viewdef((object_address(object)).objid);
    DROP VIEW pg_temp.pipeline_setup_probe;
    RETURN differs;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.view_differs(text, text) IS
    'Whether the statements would make another view of what lies below it today.';

CREATE FUNCTION pipeline_internal.drop_remade(objects text[]) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    SELECT drop_objects(objects, ARRAY(
        SELECT made.object FROM setup_object made
        UNION
        SELECT known.object FROM setup_objects() known WHERE known.object IS NOT NULL))
$$;
COMMENT ON FUNCTION pipeline_internal.drop_remade(text[]) IS
    'Drops views, triggers or functions that pipeline_setup() has made, with those that depend on them; the same call of pipeline_setup() makes them anew. For steps that change a column under a view. Error 2BP01 where users have built on them.';

CREATE FUNCTION pipeline_internal.remake_object(object text, statements text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF object LIKE 'materialized view %' AND EXISTS (
        SELECT FROM setup_object made WHERE made.object = $1 AND made.made_from <> md5(statements)) THEN
        PERFORM drop_remade(ARRAY[object]);
    END IF;
    BEGIN
        EXECUTE statements;
    EXCEPTION WHEN invalid_table_definition OR invalid_function_definition THEN
        -- Other columns or another type than a replacement may have.
        PERFORM drop_remade(ARRAY[object]);
        EXECUTE statements;
    END;
    INSERT INTO setup_object AS made (object, made_from, became) VALUES ($1, md5(statements), object_state($1))
    ON CONFLICT ON CONSTRAINT setup_object_pkey DO UPDATE
    SET made_from = excluded.made_from, became = excluded.became, made_at = excluded.made_at;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.remake_object(text, text) IS
    'Makes a view, trigger or function, or puts it into its newest form.';
