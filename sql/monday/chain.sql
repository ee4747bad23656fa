-- From new inputs back to the boards: analysis, then what differs from what was written there. Each step enqueues the
-- next in its own transaction. Only projects of a configured board have an item to write to.

CREATE FUNCTION pipeline_work.enqueue_due_monday_pushes(max_projects integer DEFAULT 1000) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    pushes bigint;
BEGIN
    PERFORM require_writable('enqueue pushes');
    PERFORM require_layout();
    IF max_projects IS NULL OR max_projects < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'max_projects must be zero or more',
            HINT = 'Leave it out for 1000.';
    END IF;
    SELECT count(enqueue_job('push_to_monday', oldest.project_id)) INTO pushes
    FROM (
        SELECT due.project_id
        FROM (SELECT d.project_id FROM push_due d
              WHERE d.board_id IS NOT NULL ORDER BY d.since, d.project_id LIMIT max_projects) due
        -- Always in this order, so that two of these never wait for each other.
        ORDER BY due.project_id
    ) oldest;
    RETURN pushes;
END;
$$;
COMMENT ON FUNCTION pipeline_work.enqueue_due_monday_pushes(integer) IS
    'Enqueues push_to_monday for the projects of boards whose numbers or comment differ from what was written last, those that differ longest first. Returns their number. Error 22023 for a negative number.';

CREATE FUNCTION pipeline_work.analyze_and_enqueue_pushes(
    project_ids text[] DEFAULT NULL,
    OUT analysed bigint,
    OUT pushes bigint
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    active text[];
BEGIN
    PERFORM require_writable('analyse projects');
    PERFORM require_layout();
    IF project_ids IS NULL THEN
        analysed := analyze_projects();
        pushes := enqueue_due_monday_pushes();
        RETURN;
    END IF;
    -- A project may have been archived since its analysis was enqueued; one that never was is refused below.
    active := ARRAY(SELECT given.id FROM unnest(project_ids) AS given (id)
                    LEFT JOIN projects p ON p.monday_id = given.id
                    WHERE p.monday_id IS NULL OR p.state = 'active' ORDER BY given.id);
    analysed := CASE WHEN active = '{}' THEN 0 ELSE analyze_projects(active) END;
    SELECT count(enqueue_job('push_to_monday', due.project_id, priority => 30)) INTO pushes
    FROM (SELECT d.project_id FROM push_due d
          WHERE d.project_id = ANY (active) AND d.board_id IS NOT NULL ORDER BY d.project_id) due;
END;
$$;
COMMENT ON FUNCTION pipeline_work.analyze_and_enqueue_pushes(text[]) IS
    'The job analyze: analyses projects (default: all; those that are no longer active are left out) and enqueues push_to_monday for those whose numbers or comment now differ from what is on their item; of all projects, the 1000 that differ longest. Returns the analyses that changed and the pushes. Errors: P0002 for an unknown project, 22023 for a negative enquiry value.';
