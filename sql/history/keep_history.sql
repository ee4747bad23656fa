-- History: one set-based statement per change of projects or analysis_results, whatever the number of rows.
--
-- A version is stamped with the clock once the row locks are held, so that two writers of one project are stamped in
-- the order in which they wrote; greatest() keeps that order even where the clock was set back.
--
-- The statements are run by EXECUTE, that is, planned each time: a plan made for a change of one row would, kept for
-- one of 100,000 rows, compare every row with every other. Compiling them (jit) is off: the planner overrates how many
-- rows changed, and compiling took longer than running.
--
-- They run with the rights of the owner of the tables: whoever writes projects adds to their history and cannot rewrite it.

CREATE OR REPLACE FUNCTION pipeline_data.keep_project_history() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- A project that was removed outright and comes back continues its own history.
        EXECUTE $sql$
            WITH closed AS (
                UPDATE project_history h
                SET valid_to = greatest($1, h.valid_from + interval '1 microsecond')
                FROM new_rows n
                WHERE h.project_id = n.monday_id AND h.valid_to IS NULL
                RETURNING h.project_id, h.valid_to
            )
            INSERT INTO project_history (project_id, valid_from, project_uuid, @list history/project_columns.sql@)
            SELECT n.monday_id, coalesce(closed.valid_to, $1), n.id, @list history/project_columns.sql n@
            FROM new_rows n
            LEFT JOIN closed ON closed.project_id = n.monday_id
        $sql$ USING moment;
    ELSIF TG_OP = 'UPDATE' THEN
        EXECUTE $sql$
            WITH changed AS MATERIALIZED (
                SELECT n.*
                FROM old_rows o
                JOIN new_rows n ON n.monday_id = o.monday_id
                WHERE (@list history/project_columns.sql o@) IS DISTINCT FROM (@list history/project_columns.sql n@)
            ),
            closed AS (
                UPDATE project_history h
                SET valid_to = greatest($1, h.valid_from + interval '1 microsecond')
                FROM changed c
                WHERE h.project_id = c.monday_id AND h.valid_to IS NULL
                RETURNING h.project_id, h.valid_to
            )
            INSERT INTO project_history (project_id, valid_from, project_uuid, @list history/project_columns.sql@)
            SELECT c.monday_id, coalesce(closed.valid_to, $1), c.id, @list history/project_columns.sql c@
            FROM changed c
            LEFT JOIN closed ON closed.project_id = c.monday_id
        $sql$ USING moment;
    ELSE
        -- The last version says that the project is gone; without it nobody could tell an end from a gap.
        EXECUTE $sql$
            WITH closed AS (
                UPDATE project_history h
                SET valid_to = greatest($1, h.valid_from + interval '1 microsecond')
                FROM old_rows o
                WHERE h.project_id = o.monday_id AND h.valid_to IS NULL
                RETURNING h.*
            )
            INSERT INTO project_history (project_id, valid_from, project_uuid, item_name, state)
            SELECT closed.project_id, closed.valid_to, closed.project_uuid, closed.item_name, 'deleted'
            FROM closed
        $sql$ USING moment;
        EXECUTE 'DELETE FROM analysis_results a USING old_rows o WHERE a.project_id = o.monday_id';
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION pipeline_data.keep_project_history() IS
    'Statement trigger of projects: adds a version to project_history for each row whose forecast-relevant columns changed.';
ALTER FUNCTION pipeline_data.keep_project_history() DEPENDS ON EXTENSION pipeline_forecast;

CREATE OR REPLACE FUNCTION pipeline_data.keep_analysis_history() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- An analysis that was removed earlier may have ended later than this clock says.
        EXECUTE $sql$
            WITH ended AS MATERIALIZED (
                SELECT h.project_id, max(h.valid_to) AS valid_to
                FROM analysis_history h
                JOIN new_rows n ON n.project_id = h.project_id
                GROUP BY h.project_id
            )
            INSERT INTO analysis_history (project_id, valid_from, @list history/analysis_columns.sql@)
            SELECT n.project_id, greatest($1, ended.valid_to), @list history/analysis_columns.sql n@
            FROM new_rows n
            LEFT JOIN ended ON ended.project_id = n.project_id
        $sql$ USING moment;
    ELSIF TG_OP = 'UPDATE' THEN
        EXECUTE $sql$
            WITH changed AS MATERIALIZED (
                SELECT n.*
                FROM old_rows o
                JOIN new_rows n ON n.project_id = o.project_id
                WHERE (@list history/analysis_columns.sql o@) IS DISTINCT FROM (@list history/analysis_columns.sql n@)
            ),
            closed AS (
                UPDATE analysis_history h
                SET valid_to = greatest($1, h.valid_from + interval '1 microsecond')
                FROM changed c
                WHERE h.project_id = c.project_id AND h.valid_to IS NULL
                RETURNING h.project_id, h.valid_to
            )
            INSERT INTO analysis_history (project_id, valid_from, @list history/analysis_columns.sql@)
            SELECT c.project_id, coalesce(closed.valid_to, $1), @list history/analysis_columns.sql c@
            FROM changed c
            LEFT JOIN closed ON closed.project_id = c.project_id
        $sql$ USING moment;
    ELSE
        EXECUTE $sql$
            UPDATE analysis_history h
            SET valid_to = greatest($1, h.valid_from + interval '1 microsecond')
            FROM old_rows o
            WHERE h.project_id = o.project_id AND h.valid_to IS NULL
        $sql$ USING moment;
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION pipeline_data.keep_analysis_history() IS
    'Statement trigger of analysis_results: adds a version to analysis_history for each row that changed.';
ALTER FUNCTION pipeline_data.keep_analysis_history() DEPENDS ON EXTENSION pipeline_forecast;
