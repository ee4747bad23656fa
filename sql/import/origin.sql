-- Which projects came from which source: kept by imports that name it.

CREATE FUNCTION pipeline_internal.note_import_origin(source text, missing text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    -- What stands in the file again is active again, if it was archived for having been missed.
    UPDATE projects p SET state = 'active', deleted_at = NULL, updated_at = now()
    FROM import_origin o, pg_temp.pipeline_import i
    WHERE o.source = $1 AND o.archived_at IS NOT NULL AND i.key = o.monday_id AND p.monday_id = o.monday_id AND p.state = 'archived';

    INSERT INTO import_origin AS known (source, monday_id)
    SELECT $1, i.key FROM pg_temp.pipeline_import i
    ON CONFLICT ON CONSTRAINT import_origin_pkey DO UPDATE SET archived_at = NULL WHERE known.archived_at IS NOT NULL;

    UPDATE import_origin o SET archived_at = now() WHERE o.source = $1 AND o.monday_id = ANY ($2);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.note_import_origin(text, text[]) IS
    'Notes that the projects of pg_temp.pipeline_import came from a source, and that others of it were missing and are archived.';
