-- The dimension of projects: what reports say of each of them, kept beside the projects. One statement for a change of
-- any number of rows, planned each time for the reason that history gives.

CREATE FUNCTION pipeline_internal.dimension_upsert(projects text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT format($sql$
        INSERT INTO project_dimension (project_id, project_name, @list project/dimension_columns.sql@)
        SELECT n.monday_id, coalesce(nullif(n.project_name, ''), n.item_name), @list project/dimension_columns.sql n@
        FROM %s
        ON CONFLICT (project_id) DO UPDATE
        SET (project_name, @list project/dimension_columns.sql@)
            = (excluded.project_name, @list project/dimension_columns.sql excluded@)
    $sql$, $1)
$$;
COMMENT ON FUNCTION pipeline_internal.dimension_upsert(text) IS
    'The statement that brings project_dimension up to date with the projects that a FROM clause names n.';

CREATE FUNCTION pipeline_internal.keep_project_dimension() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET jit = off
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE dimension_upsert('new_rows n');
    ELSIF TG_OP = 'UPDATE' THEN
        EXECUTE dimension_upsert($sql$
            new_rows n
            JOIN old_rows o ON o.monday_id = n.monday_id
            WHERE (o.project_name, o.item_name, @list project/dimension_columns.sql o@)
                IS DISTINCT FROM (n.project_name, n.item_name, @list project/dimension_columns.sql n@)
        $sql$);
    ELSE
        EXECUTE $sql$
            UPDATE project_dimension d SET state = 'deleted'
            FROM old_rows o WHERE d.project_id = o.monday_id
        $sql$;
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.keep_project_dimension() IS
    'Statement trigger of projects: brings project_dimension up to date with what changed in them.';

CREATE FUNCTION pipeline_internal.missing_from_dimension() RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT p.monday_id
    FROM projects p
    LEFT JOIN project_dimension d ON d.project_id = p.monday_id
    WHERE d.project_id IS NULL
       OR (d.project_name, @list project/dimension_columns.sql d@)
           IS DISTINCT FROM (coalesce(nullif(p.project_name, ''), p.item_name), @list project/dimension_columns.sql p@)
$$;
COMMENT ON FUNCTION pipeline_internal.missing_from_dimension() IS
    'The projects of which project_dimension does not say what they say, or nothing.';

CREATE FUNCTION pipeline_internal.name_removed_projects() RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    -- Facts outlive their projects: one that was removed outright is named by its last version.
    INSERT INTO project_dimension
    SELECT known.*
    FROM project_history gone
    LEFT JOIN LATERAL (
        SELECT * FROM project_history former
        WHERE former.project_id = gone.project_id AND former.state <> 'deleted'
        ORDER BY former.valid_from DESC LIMIT 1
    ) last ON true
    -- What both know, by name.
    CROSS JOIN LATERAL jsonb_populate_record(NULL::project_dimension, coalesce(to_jsonb(last), '{}') || jsonb_build_object(
        'project_id', gone.project_id, 'project_name', coalesce(nullif(last.project_name, ''), gone.item_name),
        'state', gone.state)) known
    WHERE gone.valid_to IS NULL AND gone.state = 'deleted'
    ON CONFLICT (project_id) DO NOTHING;
$$;
COMMENT ON FUNCTION pipeline_internal.name_removed_projects() IS
    'Adds to project_dimension the projects that history alone still knows.';

CREATE FUNCTION pipeline_internal.catch_up_dimension() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    EXECUTE dimension_upsert($sql$
        projects n WHERE n.monday_id IN (SELECT missing_from_dimension())
    $sql$);

    PERFORM name_removed_projects();

    UPDATE project_dimension d SET state = 'deleted'
    WHERE d.state <> 'deleted'
      AND NOT EXISTS (SELECT FROM projects p WHERE p.monday_id = d.project_id);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.catch_up_dimension() IS
    'Brings project_dimension up to date with what was written while its triggers were away. History comes first: it knows what was removed.';
