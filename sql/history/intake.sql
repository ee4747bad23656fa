-- A past that nobody observed: states of projects that a log, a field history or their dates vouch for, merged into
-- project_history before the first version that was observed. Whoever brings them cannot write history: both functions
-- run with the rights of its owner, and the table between them belongs to the owner and to the session.

CREATE OR REPLACE FUNCTION pipeline_data.open_history_intake() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
SET client_min_messages = warning
AS $$
BEGIN
    PERFORM require_writable('import history');
    PERFORM require_layout();
    DROP TABLE IF EXISTS pg_temp.pipeline_history_intake;
    -- With the limits of projects: what no forecast can hold is no part of its past.
    CREATE TEMP TABLE pipeline_history_intake (
        project_id text COLLATE "C" NOT NULL,
        valid_from timestamptz NOT NULL CHECK (valid_from BETWEEN '1900-01-01' AND now()),
        place bigint GENERATED ALWAYS AS IDENTITY,
        item_name text NOT NULL,
        project_name text,
        account text,
        type text,
        category text,
        product_type text,
        pipeline_stage text,
        total_order_value numeric(17,2) CHECK (abs(total_order_value) < 1e14),
        new_enquiry_value numeric(17,2) CHECK (abs(new_enquiry_value) < 1e14),
        probability_percent numeric(6,3) CHECK (probability_percent BETWEEN 0 AND 100),
        gestation_period integer CHECK (gestation_period BETWEEN 0 AND 500000),
        date_created date CHECK (date_created BETWEEN '1900-01-01' AND '9999-12-31'),
        date_order_received date CHECK (date_order_received BETWEEN '1900-01-01' AND '9999-12-31'),
        expected_start_date date CHECK (expected_start_date BETWEEN '1900-01-01' AND '9999-12-31'),
        follow_up_date date CHECK (follow_up_date BETWEEN '1900-01-01' AND '9999-12-31'),
        state text NOT NULL CHECK (state IN ('active', 'archived', 'deleted')),
        sales_representative text
    ) ON COMMIT DROP;
    GRANT SELECT, INSERT ON pg_temp.pipeline_history_intake TO PUBLIC;
END;
$$;
COMMENT ON FUNCTION pipeline_data.open_history_intake() IS
    'Makes pg_temp.pipeline_history_intake, empty, until the end of the transaction: one row for each state of a project, with project_id, valid_from and every column that history keeps (item_name and state are never NULL; state deleted: it was gone). The caller inserts and calls merge_history_intake() in the same transaction. The table refuses (23514) moments in the future and values that projects refuse.';
ALTER FUNCTION pipeline_data.open_history_intake() DEPENDS ON EXTENSION pipeline_forecast;

CREATE OR REPLACE FUNCTION pipeline_data.merge_history_intake(
    origin text DEFAULT 'log',
    is_complete boolean DEFAULT true,
    OUT projects bigint,
    OUT versions_written bigint,
    OUT versions_removed bigint,
    OUT states_after_observation bigint,
    OUT unknown_projects bigint
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
SET work_mem = '128MB'
AS $$
#variable_conflict use_column
DECLARE
    added bigint;
BEGIN
    PERFORM require_writable('import history');
    PERFORM require_layout();
    IF NOT coalesce(merge_history_intake.origin IN ('log', 'inferred'), false) THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('origin must be log or inferred, not %s', coalesce(merge_history_intake.origin, 'NULL')),
            HINT = 'What is observed is written by the triggers of projects alone.';
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_class c
        WHERE c.oid = to_regclass('pg_temp.pipeline_history_intake') AND c.relowner = current_user::regrole) THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = 'there are no states of projects to merge',
            HINT = 'Call open_history_intake() and insert into pg_temp.pipeline_history_intake in the same transaction.';
    END IF;
    -- Two merges of one project would each add what the other does not see.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.history'));
    ANALYZE pg_temp.pipeline_history_intake;

    -- Where observation of each project begins. One that is in no table is over: its last state has to say so, and nobody may
    -- insert it meanwhile.
    CREATE TEMP TABLE pipeline_history_project ON COMMIT DROP AS
    SELECT i.project_id, i.first_moment, i.last_moment, known.begins, known.project_uuid
    FROM (
        SELECT s.project_id, min(s.valid_from) AS first_moment, max(s.valid_from) AS last_moment
        FROM pg_temp.pipeline_history_intake s GROUP BY s.project_id
    ) i
    LEFT JOIN first_observed known ON known.project_id = i.project_id;
    IF EXISTS (SELECT FROM pg_temp.pipeline_history_project p WHERE p.begins IS NULL) THEN
        LOCK TABLE projects IN SHARE ROW EXCLUSIVE MODE;
        UPDATE pg_temp.pipeline_history_project p SET begins = known.begins, project_uuid = known.project_uuid
        FROM first_observed known
        WHERE known.project_id = p.project_id AND p.begins IS NULL;
        DELETE FROM pg_temp.pipeline_history_project p
        WHERE p.begins IS NULL AND 'deleted' <> (
            SELECT i.state FROM pg_temp.pipeline_history_intake i
            WHERE i.project_id = p.project_id ORDER BY i.valid_from DESC, i.place DESC LIMIT 1);
        GET DIAGNOSTICS unknown_projects = ROW_COUNT;
    END IF;
    unknown_projects := coalesce(unknown_projects, 0);
    IF merge_history_intake.origin = 'inferred' THEN
        -- What a log says is not doubted by what dates suggest.
        DELETE FROM pg_temp.pipeline_history_project p
        WHERE EXISTS (SELECT FROM project_history h WHERE h.project_id = p.project_id AND h.origin = 'log');
    END IF;
    ANALYZE pg_temp.pipeline_history_project;

    EXECUTE $sql$
        CREATE TEMP TABLE pipeline_history_version ON COMMIT DROP AS
        WITH stated AS (
            SELECT i.project_id, i.valid_from, i.place, p.begins, p.project_uuid, @list history/project_columns.sql i@
            FROM pg_temp.pipeline_history_intake i
            JOIN pg_temp.pipeline_history_project p ON p.project_id = i.project_id
            WHERE i.valid_from < p.begins OR p.begins IS NULL
            UNION ALL
            -- What an earlier merge said of times of which this one says nothing.
            SELECT h.project_id, h.valid_from, 0, p.begins, p.project_uuid, @list history/project_columns.sql h@
            FROM pg_temp.pipeline_history_project p
            JOIN project_history h ON h.project_id = p.project_id
            WHERE h.origin = 'log' AND (h.valid_from < p.first_moment OR NOT $1 AND h.valid_from > p.last_moment)
        ),
        -- Of several states of one moment the last counts.
        last_of_moment AS (
            SELECT o.*
            FROM (
                SELECT s.*, (@list history/project_columns.sql s@) AS said, lead(s.valid_from) OVER placed AS following
                FROM stated s
                WINDOW placed AS (PARTITION BY s.project_id ORDER BY s.valid_from, s.place)
            ) o
            WHERE o.following IS DISTINCT FROM o.valid_from
        ),
        news AS (
            SELECT n.*
            FROM (
                SELECT l.*, lag(l.said) OVER (PARTITION BY l.project_id ORDER BY l.valid_from) AS former
                FROM last_of_moment l
            ) n
            WHERE n.former IS DISTINCT FROM n.said
        )
        SELECT n.project_id, n.valid_from,
               coalesce(lead(n.valid_from) OVER (PARTITION BY n.project_id ORDER BY n.valid_from), n.begins) AS valid_to,
               coalesce(n.project_uuid, md5('pipeline_forecast ' || n.project_id)::uuid) AS project_uuid,
               @list history/project_columns.sql n@
        FROM news n
    $sql$ USING merge_history_intake.is_complete;
    ANALYZE pg_temp.pipeline_history_version;

    versions_removed := 0;
    versions_written := 0;
    IF EXISTS (
        SELECT FROM project_history h
        WHERE h.origin <> 'observed' AND h.project_id IN (SELECT p.project_id FROM pg_temp.pipeline_history_project p)) THEN
        EXECUTE $sql$
            DELETE FROM project_history h
            USING pg_temp.pipeline_history_project p
            WHERE h.project_id = p.project_id AND h.origin <> 'observed'
              AND NOT EXISTS (
                SELECT FROM pg_temp.pipeline_history_version v
                WHERE v.project_id = h.project_id AND v.valid_from = h.valid_from)
        $sql$;
        GET DIAGNOSTICS versions_removed = ROW_COUNT;
        EXECUTE $sql$
            UPDATE project_history h
            SET (valid_to, project_uuid, origin, @list history/project_columns.sql@)
                = (v.valid_to, v.project_uuid, $1, @list history/project_columns.sql v@)
            FROM pg_temp.pipeline_history_version v
            WHERE h.project_id = v.project_id AND h.valid_from = v.valid_from AND h.origin <> 'observed'
              AND (h.valid_to, h.project_uuid, h.origin, @list history/project_columns.sql h@)
                  IS DISTINCT FROM (v.valid_to, v.project_uuid, $1, @list history/project_columns.sql v@)
        $sql$ USING merge_history_intake.origin;
        GET DIAGNOSTICS versions_written = ROW_COUNT;
    END IF;
    EXECUTE $sql$
        INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, origin, @list history/project_columns.sql@)
        SELECT v.project_id, v.valid_from, v.valid_to, v.project_uuid, $1, @list history/project_columns.sql v@
        FROM pg_temp.pipeline_history_version v
        WHERE NOT EXISTS (
            SELECT FROM project_history h WHERE h.project_id = v.project_id AND h.valid_from = v.valid_from)
        ORDER BY v.project_id, v.valid_from
    $sql$ USING merge_history_intake.origin;
    GET DIAGNOSTICS added = ROW_COUNT;
    versions_written := versions_written + added;

    EXECUTE $sql$
        SELECT count(DISTINCT p.project_id), count(*) FILTER (WHERE i.valid_from >= p.begins)
        FROM pg_temp.pipeline_history_intake i
        JOIN pg_temp.pipeline_history_project p ON p.project_id = i.project_id
    $sql$ INTO projects, states_after_observation;
    IF versions_written + versions_removed > 0 THEN
        -- What was computed from another past is computed anew by the next replay.
        DELETE FROM analysis_history a WHERE a.origin = 'replayed';
        UPDATE pipeline_forecast_snapshot_day d SET is_outdated = true
        WHERE d.source = 'history' AND NOT d.is_outdated;
        PERFORM name_removed_projects();
    END IF;
    IF versions_written > 10000 THEN
        -- The replay that follows would be planned for a table of another size.
        ANALYZE project_history;
    END IF;
    DROP TABLE pg_temp.pipeline_history_intake, pg_temp.pipeline_history_project, pg_temp.pipeline_history_version;
END;
$$;
COMMENT ON FUNCTION pipeline_data.merge_history_intake(text, boolean) IS
'Merges the states in pg_temp.pipeline_history_intake (see open_history_intake()) into project_history, with origin log or inferred, before the first observed version of each project. A state holds from valid_from until the next state of its project, and the last one until observation begins; before the first one the project stays unknown. Order does not matter; of several states of one moment the one inserted last counts, and a state equal to the one before it is none.
What earlier merges said is replaced from the first to the last moment that is stated; after the last one too where is_complete. A log takes the place of what was inferred; what is inferred leaves a log alone. Observed versions are never changed: states from the first of them on are counted (states_after_observation) and passed over. A project that is in no table is taken where its last state is deleted, and else counted (unknown_projects) and passed over.
versions_written are versions that are new or differ; the same states once more write nothing. Errors: 22023 unknown origin, 55000 without an intake.';
ALTER FUNCTION pipeline_data.merge_history_intake(text, boolean) DEPENDS ON EXTENSION pipeline_forecast;
