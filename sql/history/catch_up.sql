-- History that was missed: what was written while its triggers were away.

CREATE FUNCTION pipeline_internal.catch_up_history() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    -- What was written while the triggers were away: the stage rules first, then which of them serves each project, then
    -- the versions of the projects.
    PERFORM keep_stage_history();
    PERFORM apply_stage_rules();

    WITH stale AS MATERIALIZED (
        SELECT h.project_id, h.valid_from, h.project_uuid, h.item_name, p.monday_id IS NULL AS removed
        FROM project_history h
        LEFT JOIN projects p ON p.monday_id = h.project_id
        WHERE h.valid_to IS NULL
          AND CASE WHEN p.monday_id IS NULL THEN h.state <> 'deleted'
              ELSE (@list history/project_columns.sql p@) IS DISTINCT FROM (@list history/project_columns.sql h@) END
    ),
    closed AS (
        UPDATE project_history h
        SET valid_to = greatest(moment, h.valid_from + interval '1 microsecond')
        FROM stale
        WHERE h.project_id = stale.project_id AND h.valid_from = stale.valid_from
    )
    INSERT INTO project_history (project_id, valid_from, project_uuid, item_name, state)
    SELECT stale.project_id, greatest(moment, stale.valid_from + interval '1 microsecond'),
           stale.project_uuid, stale.item_name, 'deleted'
    FROM stale
    WHERE stale.removed;

    INSERT INTO project_history (project_id, valid_from, project_uuid, @list history/project_columns.sql@)
    SELECT p.monday_id, greatest(moment, ended.valid_to), p.id, @list history/project_columns.sql p@
    FROM projects p
    LEFT JOIN (
        SELECT h.project_id, max(h.valid_to) AS valid_to, bool_or(h.valid_to IS NULL) AS is_open
        FROM project_history h
        GROUP BY h.project_id
    ) ended ON ended.project_id = p.monday_id
    WHERE ended.is_open IS NOT TRUE;

    UPDATE analysis_history h
    SET valid_to = greatest(moment, h.valid_from + interval '1 microsecond')
    WHERE h.valid_to IS NULL
      AND NOT EXISTS (
        SELECT FROM analysis_results a
        WHERE a.project_id = h.project_id
          AND (@list history/analysis_columns.sql a@) IS NOT DISTINCT FROM (@list history/analysis_columns.sql h@));

    INSERT INTO analysis_history (project_id, valid_from, @list history/analysis_columns.sql@)
    SELECT a.project_id, greatest(moment, ended.valid_to), @list history/analysis_columns.sql a@
    FROM analysis_results a
    LEFT JOIN (
        SELECT h.project_id, max(h.valid_to) AS valid_to, bool_or(h.valid_to IS NULL) AS is_open
        FROM analysis_history h
        GROUP BY h.project_id
    ) ended ON ended.project_id = a.project_id
    WHERE ended.is_open IS NOT TRUE;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.catch_up_history() IS
    'Adds to history what was written while its triggers were away (between DROP EXTENSION and the next pipeline_setup()).';
